// What makes these pages comfortable? Copying by a tap, codes that count down, lists that stay fresh.
(function () {
  "use strict";
  var d = document;
  d.documentElement.classList.add("js");
  function all(what, root) { return Array.prototype.slice.call((root || d).querySelectorAll(what)); }
  var quiet;
  function say(text) {
    var box = d.getElementById("say");
    box.textContent = text; clearTimeout(quiet);
    quiet = setTimeout(function () { box.textContent = ""; }, 2500);
  }
  window.sandbox = { all: all, say: say };

  d.addEventListener("click", function (e) {
    var button = e.target.closest("[data-copy]");
    if (!button) return;
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      say("已复制 " + button.dataset.copy);
      button.classList.add("done");
      setTimeout(function () { button.classList.remove("done"); }, 2500);
    }, function () { say("浏览器不让复制，请自己选中"); });
  });

  // Codes: count down here, ask again when they are over.
  var left = d.querySelector("[data-left]"), bar = d.querySelector("[data-left-bar]");
  function seconds(n) { left.textContent = n; bar.value = n; }
  function renew() {
    fetch("/codes.json").then(function (a) { return a.json(); }).then(function (now) {
      now.codes.forEach(function (one) {
        var b = d.querySelector('[data-totp="' + one.phone + '"]');
        b.textContent = b.dataset.copy = one.code;
      });
      seconds(now.seconds);
    }, function () {});
  }
  if (left) {
    setInterval(function () {
      var n = Number(left.textContent) - 1;
      if (n < 1 || n > 29) renew(); else seconds(n);
    }, 1000);
    d.addEventListener("visibilitychange", function () { if (!d.hidden) renew(); });
  }

  // Lists: fetched again every two seconds unless somebody reads or types in them.
  var live = d.querySelector("[data-live]");
  function busy() { return d.hidden || live.contains(d.activeElement) || live.querySelector("details[open]") || String(getSelection()); }
  function refresh() {
    if (busy()) return;
    fetch(location.href).then(function (a) { return a.ok ? a.text() : ""; }).then(function (text) {
      var fresh = text && new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
      if (fresh && !busy() && fresh.innerHTML !== live.innerHTML) live.innerHTML = fresh.innerHTML;
    }, function () {});
  }
  if (live) setInterval(refresh, 2000);
})();
