/* While a worker talks to WeChat: look again every two seconds, unless somebody has begun to type. */
(function () {
  'use strict';
  var typed = false;
  addEventListener('input', function () { typed = true; });
  if (document.querySelector('[data-waiting]')) setTimeout(function look() {
    if (typed) return;
    if (document.hidden) setTimeout(look, 2000); else location.reload();
  }, 2000);
  var print = document.querySelector('[data-print]');
  if (print) print.addEventListener('click', function () { window.print(); });
})();
