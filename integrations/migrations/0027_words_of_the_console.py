"""Plain words for fields and labels. Columns, constraints and indexes stay, so nothing is done in the database."""

import integrations.models.customer
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("integrations", "0026_search_is_blind"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelOptions(
                    name='parametermapping',
                    options={'verbose_name': 'UTM mapping', 'verbose_name_plural': 'UTM mappings'},
                ),
                migrations.RemoveIndex(
                    model_name='alert',
                    name='alert_untold',
                ),
                migrations.RenameField("alert", "told_at", "notified_at"),
                migrations.AlterField("alert", "notified_at", models.DateTimeField(db_column='told_at', null=True, verbose_name='notified')),
                migrations.RenameField("alert", "over_at", "resolved_at"),
                migrations.AlterField("alert", "resolved_at", models.DateTimeField(db_column='over_at', null=True, verbose_name='resolved')),
                migrations.AlterField(
                    model_name='alert',
                    name='kind',
                    field=models.CharField(choices=[('paused', 'Paused'), ('failed', 'Calls failed'), ('late', 'Calls are late'), ('catch_up', 'Call list unreadable')], max_length=8, verbose_name='kind'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='access_check_at',
                    field=models.DateTimeField(editable=False, null=True, verbose_name='next access check'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='add_analysis',
                    field=models.BooleanField(default=True, verbose_name="add the AI summary and rating to the call's comment"),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='call_tag_id',
                    field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name='data tag for answered calls'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='call_target',
                    field=models.CharField(choices=[('contact', 'The contact'), ('last_active_task', "The contact's last active task")], default='contact', max_length=16, verbose_name='calls go to'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='create_contacts',
                    field=models.BooleanField(default=True, verbose_name='create a contact for an unknown number'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='language',
                    field=models.CharField(choices=[('en', 'English'), ('pl', 'Polish'), ('uk', 'Ukrainian'), ('ru', 'Russian')], default='uk', max_length=2, verbose_name='language of texts in Planfix'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='missed_call_tag_id',
                    field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name='data tag for missed calls'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='paused_reason',
                    field=models.TextField(blank=True, editable=False, verbose_name='pause reason'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='phone_matching',
                    field=models.CharField(choices=[('full', 'Full format only (+380671234567)'), ('any_format', 'Any spelling of the number')], default='full', max_length=16, verbose_name='find contacts by'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='region',
                    field=models.CharField(default='UA', help_text='Two letters, such as UA. Numbers without a country code, such as 067 123 45 67, belong to this country.', max_length=2, validators=[integrations.models.customer.validate_region], verbose_name='country of local phone numbers'),
                ),
                migrations.AlterField(
                    model_name='customer',
                    name='retention_days',
                    field=models.PositiveIntegerField(default=90, help_text='Webhook requests, Planfix requests and recording links are deleted after this many days. Calls stay. 0 keeps everything for ever.', verbose_name='days to keep personal data'),
                ),
                migrations.AlterField(
                    model_name='employee',
                    name='participates',
                    field=models.BooleanField(default=True, verbose_name='included'),
                ),
                migrations.AlterField(
                    model_name='employee',
                    name='planfix_user_id',
                    field=models.PositiveBigIntegerField(null=True, verbose_name='Planfix employee ID'),
                ),
                migrations.AlterField(
                    model_name='parametermapping',
                    name='contact_field',
                    field=models.CharField(blank=True, help_text='Name or ID of a text field of contacts. Empty: written to the data tag only.', max_length=200, verbose_name='contact field'),
                ),
                migrations.AlterField(
                    model_name='parametermapping',
                    name='field',
                    field=models.CharField(help_text='Name or ID of a text field.', max_length=255, verbose_name='data tag field'),
                ),
                migrations.AlterField(
                    model_name='savedview',
                    name='is_default',
                    field=models.BooleanField(default=False, verbose_name='default view'),
                ),
                migrations.RemoveConstraint("alert", "alert_open_once"),
                migrations.AddConstraint(
                    "alert",
                    models.UniqueConstraint(
                        condition=models.Q(resolved_at__isnull=True),
                        fields=["customer", "kind"],
                        name="alert_open_once",
                    ),
                ),
                migrations.AddIndex(
                    model_name='alert',
                    index=models.Index(condition=models.Q(('notified_at__isnull', True), ('notified_at__lt', models.F('resolved_at')), _connector='OR'), fields=['raised_at'], name='alert_untold'),
                ),
                migrations.AlterConstraint(
                    model_name='parametermapping',
                    name='utm_parameter_once',
                    constraint=models.UniqueConstraint(fields=('customer', 'parameter'), name='utm_parameter_once', violation_error_message='This parameter is already mapped.'),
                ),
                migrations.AlterConstraint(
                    model_name='parametermapping',
                    name='utm_field_once',
                    constraint=models.UniqueConstraint(fields=('customer', 'field'), name='utm_field_once', violation_error_message='Another parameter already uses this field.'),
                ),
                migrations.AlterConstraint(
                    model_name='parametermapping',
                    name='utm_contact_field_once',
                    constraint=models.UniqueConstraint(condition=models.Q(('contact_field', ''), _negated=True), fields=('customer', 'contact_field'), name='utm_contact_field_once', violation_error_message='Another parameter already uses this contact field.'),
                ),
            ]
        ),
    ]
