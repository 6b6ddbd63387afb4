/* Applies the chosen theme before the first paint: a classic script, because a module would run after it. */
(function () {
  var theme = null;
  try {
    var prefix = document.documentElement.dataset.prefix; // as in address.js
    theme = localStorage.getItem((prefix ? prefix + ":" : "") + "chatapp.theme");
  } catch (_) {
    /* Storage is forbidden: the system's choice holds. */
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
