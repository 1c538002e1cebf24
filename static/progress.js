/* What is being worked on tells by itself how far it is: [data-live="seconds"] is fetched again and put in place. */
(function () {
  'use strict';
  var box = document.querySelector('[data-live]');
  if (!box || !box.dataset.live || !window.fetch) return;
  function again() { setTimeout(look, box.dataset.live * 1000); }
  function look() {
    if (document.hidden) return again();
    fetch(location.href, { credentials: 'same-origin' }).then(function (r) { return r.ok ? r.text() : Promise.reject(r); }).then(function (html) {
      var next = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-live]');
      // another kind of page now: load it whole, with its buttons
      if (!next || !next.dataset.live) return location.reload();
      if (!next.isEqualNode(box)) { box.replaceWith(next); box = next; }
      again();
    }).catch(again);
  }
  again();
})();
