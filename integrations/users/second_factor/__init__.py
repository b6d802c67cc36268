"""The second factor of a login: its codes, its pages, the middleware that asks for it. It checks no login passwords."""
