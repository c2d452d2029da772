"""The page: one module a tab, and what they share. Markup, style and script lie in static/."""
