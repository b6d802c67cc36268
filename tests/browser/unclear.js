// What axe-core does not find: edges of fields below 3:1 and hints in them below 4.5:1 (WCAG 1.4.11, 1.4.3), icons to
// sort by below 24 pixels (2.5.8), icons that screen readers take for words, and stops that do not show the focus (2.4.7).
() => {
  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  function pixel(...layers) {
    brush.clearRect(0, 0, 1, 1);
    for (const layer of layers) {
      brush.fillStyle = layer;
      brush.fillRect(0, 0, 1, 1);
    }
    return [...brush.getImageData(0, 0, 1, 1).data];
  }

  function luminance(rgba) {
    const linear = rgba.slice(0, 3).map((each) => (each <= 10 ? each / 3294.6 : ((each / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  function contrast(colour, ground) {
    const both = [luminance(pixel(ground, colour)), luminance(pixel(ground))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  }

  function groundOf(element) {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (pixel(colour)[3] === 255) return colour;
    }
    return "white";
  }

  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
  const seen = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);

  function hasEdge(field) {
    const hasBorder = (element) => parseFloat(getComputedStyle(element).borderTopWidth) > 0;
    const box = [field, field.parentElement, field.parentElement.parentElement].find(hasBorder) ?? field;
    const { backgroundColor, borderTopColor } = getComputedStyle(box);
    const around = groundOf(box.parentElement);
    return [backgroundColor, hasBorder(box) ? borderTopColor : around].some((colour) => contrast(colour, around) >= 3);
  }

  function isDrawnByTheBrowser(field) {
    return field.type === "range" || (["checkbox", "radio"].includes(field.type) && getComputedStyle(field).appearance !== "none");
  }

  function isSmall(element) {
    const { width, height } = element.getBoundingClientRect();
    return Math.min(width, height) < 24;
  }

  const fields = seen("input:not([type=hidden], [type=file], .select2-search__field), select:not(.select2-hidden-accessible), textarea, .select2-selection");
  const hints = fields.filter((field) => field.placeholder && !field.value);
  const found = {
    edge: fields.filter((field) => !isDrawnByTheBrowser(field) && !hasEdge(field)),
    hint: hints.filter((field) => contrast(getComputedStyle(field, "::placeholder").color, groundOf(field)) < 4.5),
    target: seen(".sortoptions > a").filter(isSmall),
    icon: seen(".material-symbols-outlined").filter((icon) => !icon.closest("[aria-hidden=true]") && !icon.ariaLabel),
    focus: seen("[data-unmarked]"),
  };
  return Object.entries(found).flatMap(([what, elements]) => elements.map((each) => `${what}: ${each.outerHTML.slice(0, 160)}`));
}
