/*
 * Says that the page did not load completely, why, and which browsers it works in. The text stands in the page
 * (templates/start.html); this script chooses what of it is shown. It is a classic script in ECMAScript 5: where it is
 * needed most, modules do not run. main.js of each page sets `data-started` when it has run to its end.
 * If this script is missing, base.css shows the text after some seconds.
 */
(function () {
  "use strict";
  var PATIENCE = 10000; // ms; on a slow connection (50 kB/s, 400 ms) the first visit takes 5 s
  var EARLY = "chatapp.early."; // begins the keys of what was written into a page that did not start, by path
  var root = document.documentElement;
  var why = null; // the class of the sentence that is shown
  var detail = "";

  function started() {
    return root.hasAttribute("data-started");
  }

  function show() {
    var box = document.getElementById("start-problem");
    if (!box || !why) return; // it is shown when the page has been read
    var sentences = box.querySelectorAll(".start-why");
    for (var index = 0; index < sentences.length; index += 1) {
      sentences[index].hidden = sentences[index].className.indexOf("start-why " + why) !== 0;
    }
    var place = box.querySelector(".start-detail");
    place.textContent = detail;
    place.hidden = !detail;
    box.hidden = false;
  }

  /* The first cause stays: what follows it mostly is its consequence. That it is slow says least. */
  function fail(kind, words) {
    if (why && why !== "slow") return;
    why = kind;
    detail = words;
    show();
    if (kind !== "slow") removeWorker();
  }

  /* If what the service worker keeps is broken, the next load gets everything from the server. */
  function removeWorker() {
    var workers = navigator.serviceWorker;
    if (!workers || !workers.controller || started()) return;
    var scope = location.origin + (root.getAttribute("data-prefix") || "") + "/";
    workers.getRegistration(scope).then(function (registration) {
      if (registration && registration.scope === scope) registration.unregister();
    });
    caches.keys().then(function (names) {
      names.forEach(function (name) {
        if (name.indexOf(own("chatapp.shell.")) === 0) caches.delete(name);
      });
    });
  }

  /* Heard while it goes down: what an element could not load does not come up. */
  function failed(event) {
    var target = event.target;
    var isScript = target && target.tagName === "SCRIPT";
    var isSheet = target && target.tagName === "LINK" && target.rel === "stylesheet";
    if (isScript || isSheet) {
      if (!started() || isSheet) fail("load", target.src || target.href);
    } else if (!started() && event.message && String(event.filename).indexOf("/static/") > 0) {
      fail("error", event.message); // one of ours, not of an extension of the browser
    }
  }

  /* A style sheet that does not come keeps scripts from running: the page does without, until it comes. */
  function release(sheet) {
    if (sheet.sheet) return;
    var media = sheet.media;
    sheet.onload = function () {
      sheet.media = media;
    };
    sheet.media = "not all";
  }

  function late() {
    if (started()) return;
    var sheets = document.querySelectorAll("link[rel=stylesheet]");
    for (var index = 0; index < sheets.length; index += 1) release(sheets[index]);
    fail("slow", "");
  }

  /* As in address.js. */
  function own(name) {
    var prefix = root.getAttribute("data-prefix");
    return prefix ? prefix + ":" + name : name;
  }

  function keyOfEarly() {
    return own(EARLY + location.pathname);
  }

  /* What was written before the page was loaded again is in the field when it starts, and so becomes a draft. */
  function restore() {
    var field = document.getElementById("composer-text");
    try {
      var text = sessionStorage.getItem(keyOfEarly());
      sessionStorage.removeItem(keyOfEarly());
      if (text && field && !field.value) field.value = text;
    } catch (_) {
      /* Storage is forbidden. */
    }
  }

  function keep() {
    var field = document.getElementById("composer-text");
    try {
      if (!started() && field && field.value) sessionStorage.setItem(keyOfEarly(), field.value);
    } catch (_) {
      /* It is forbidden, or full. */
    }
  }

  /* The page has been read, and no module has run yet. */
  function read() {
    if (document.readyState !== "interactive") return;
    restore();
    if (!("noModule" in document.createElement("script"))) fail("old", "");
    show();
  }

  if (!window.addEventListener) return;
  window.addEventListener("error", failed, true);
  window.addEventListener("pagehide", keep);
  document.addEventListener("readystatechange", read);
  setTimeout(late, PATIENCE);
})();
