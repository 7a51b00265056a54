// Material asks for the search index, the site's largest file, on every page.
// Hold that one request back until somebody turns to the search.
(() => {
  const INDEX = /\/search\/search_index\.json$/;
  const { open, send } = XMLHttpRequest.prototype;
  const asked = /[?&][hq]=/.test(location.search);
  const wanted = new Promise((resolve) => {
    if (asked) resolve();
    const turned = (event) => {
      if (event.target.closest?.(".md-search, [for=__search]")) resolve();
    };
    for (const type of ["focusin", "pointerdown"]) {
      document.addEventListener(type, turned, { passive: true });
    }
  });

  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.held = INDEX.test(url);
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    if (!this.held) return send.call(this, body);
    wanted.then(() => send.call(this, body));
  };
})();

// The contents drawer: without this script its switch is a link to the contents.
document.addEventListener("DOMContentLoaded", () => {
  const drawer = document.getElementById("__drawer");
  const control = document.querySelector("[data-drawer]");
  const set = (open) => {
    drawer.checked = open;
    drawer.dispatchEvent(new Event("change"));
  };
  control.setAttribute("role", "button");
  control.setAttribute("aria-expanded", "false");
  control.addEventListener("click", (event) => {
    event.preventDefault();
    set(true);
    document.querySelector(".book-nav a").focus();
  });
  drawer.addEventListener("change", () => {
    control.setAttribute("aria-expanded", String(drawer.checked));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer.checked) {
      set(false);
      control.focus();
    }
  });
});

// Listings: Material gives their tools landmarks of one name, and takes code out
// of the tab order where there is no mouse, though it scrolls there too.
window.addEventListener("load", () => {
  document.querySelectorAll(".md-code__nav").forEach((nav, at) => {
    nav.setAttribute("aria-label", `Tools of code ${at + 1}`);
  });
  const kept = new MutationObserver((changes) => {
    for (const { target } of changes) if (target.tabIndex) target.tabIndex = 0;
  });
  for (const code of document.querySelectorAll("pre > code")) {
    code.tabIndex = 0;
    kept.observe(code, { attributeFilter: ["tabindex"] });
  }
});
