// Loads the behaviours a page asks for by its data attributes. Everything works without any of them.
const behaviours = {
  once: "form[method=post]",
  poll: "[data-poll]",
  dialogs: "[data-dialog]",
  sum: "[data-sum]",
  code: "[data-code]",
  copy: "[data-copy]",
  theme: "[data-theme-choice]",
  expiry: "[data-expires-in]",
  tabs: ".nav",
};

for (const [name, selector] of Object.entries(behaviours)) {
  const found = document.querySelectorAll(selector);
  if (found.length) {
    import(`./${name}.js`).then((module) => found.forEach(module.default));
  }
}
