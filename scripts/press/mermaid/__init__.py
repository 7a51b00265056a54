"""Mermaid sources to plain SVG: what an author of diagrams needs, and only they.

`source` reads and refuses, `config` dresses Mermaid in the palette, `studio`
draws in a browser and `flatten.js` reduces what it drew to plain shapes,
`gate` looks at the result. The drawings are committed, so that nobody else
needs a browser.
"""
