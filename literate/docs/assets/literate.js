/* Lets keys scroll what is too wide for the page: the theme wraps tables when the page has loaded. */
window.addEventListener("load", function () {
  "use strict";
  var wide = ".md-typeset__scrollwrap, .literate-html, .literate-output pre > code";
  document.querySelectorAll(wide).forEach(function (element) {
    if (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight) {
      element.tabIndex = 0;
    }
  });
});

/* Sets the formulas of a page with KaTeX, which the page loads only if it has any. */
(function () {
  "use strict";
  var formulas = document.querySelectorAll(".arithmatex");
  if (formulas.length === 0) return;
  var own = document.querySelector('script[src*="literate/literate.js"]');
  var folder = own.src.replace(/literate\.js.*$/, "katex/");
  document.documentElement.classList.add("literate-math");

  function show() {
    document.documentElement.classList.remove("literate-math");
  }

  function set() {
    formulas.forEach(function (element) {
      var text = element.textContent.trim();
      var isDisplayed = text.startsWith("\\[");
      var tex = text.slice(2, -2);
      try {
        katex.render(tex, element, { displayMode: isDisplayed, throwOnError: false });
      } catch (error) {
        console.error(tex, error);
      }
      element.classList.add("literate-set");
      if (isDisplayed) element.tabIndex = 0;  // a wide formula scrolls, also by keys
    });
    show();
  }

  var style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = folder + "katex.min.css";
  document.head.appendChild(style);
  var script = document.createElement("script");
  script.src = folder + "katex.min.js";
  script.onload = set;
  script.onerror = show;
  document.head.appendChild(script);
})();
