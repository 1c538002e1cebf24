/* Staff comfort: keys, reasons, reveal for thirty seconds. Pages work without it. */
(function () {
  'use strict';
  var h = window.huzhu; if (!h) return;
  h.all('[data-chips]').forEach(function (box) {
    var area = document.getElementById(box.dataset.chips);
    box.addEventListener('change', function (e) {
      var c = e.target; if (c.type !== 'checkbox') return;
      // the words go where they can be edited; the tick must not send them a second time
      c.checked = false;
      if (area.value.indexOf(c.value) < 0) area.value = (area.value.trim() ? area.value.trim().replace(/[；;]?$/, '；') : '') + c.value;
      c.closest('.chip').classList.add('used');
      h.say('已加到退回原因：' + c.value);
    });
    area.addEventListener('input', function () { h.all('.chip', box).forEach(function (l) { l.classList.toggle('used', area.value.indexOf(l.querySelector('input').value) >= 0); }); });
  });

  h.all('[data-print-page]').forEach(function (b) { b.addEventListener('click', function () { window.print(); }); });

  h.all('[data-reveal] button').forEach(function (b) {
    var out = b.parentNode.querySelector('[data-value]'), masked = out.textContent;
    b.addEventListener('click', function (e) {
      e.preventDefault();
      var data = b.form ? new FormData(b.form) : new FormData();
      data.set('csrf_token', h.csrf(b.form)); if (b.name) data.set(b.name, b.value);
      fetch(b.formAction, { method: 'POST', body: data, credentials: 'same-origin', headers: { 'X-Requested-With': 'fetch' } }).then(function (r) {
        return r.json().then(function (j) {
          if (j.url) return location.assign(j.url);
          if (!r.ok) return h.say(j.error);
          out.textContent = j.value; setTimeout(function () { out.textContent = masked; }, 30000);
        });
      }).catch(function () { h.say('没有连上网络，请再点一次“查看”。'); });
    });
  });

  h.all('[data-print]').forEach(function (b) { b.addEventListener('click', function () { print(); }); });

  // Filters take a phone's first screen: they start closed there unless they are in use.
  h.all('details[data-fold]').forEach(function (d) { if (innerWidth < 960 && !d.hasAttribute('data-used')) d.open = false; });

  // One key a move at a desk: written on the page, off by a tick (kept in this browser), never while typing.
  var help = document.getElementById('keys'), tick = help && help.querySelector('input');
  function off() { try { return localStorage.getItem('keys') === 'off'; } catch (e) { return false; } }
  function press(find) { var b = document.querySelector(find); if (b) b.click(); return !!b; }
  function row(step) {
    var rows = h.all('.row-link'), n = rows.indexOf(document.activeElement) + step;
    if (rows.length) rows[Math.min(rows.length - 1, Math.max(0, n))].focus();
    return rows.length > 0;
  }
  // Who came by key confirms by key: Enter on the next page, not a dozen tabs through the menu.
  function remember() { try { sessionStorage.setItem('by-key', location.pathname + '/approve'); } catch (e) { /* then by tab */ } }
  try {
    var sure = document.querySelector('.confirm .bar .primary');
    if (sure && !document.getElementById('errors') && sessionStorage.getItem('by-key') === location.pathname) sure.focus();
    sessionStorage.removeItem('by-key');
  } catch (e) { /* then by tab */ }
  var moves = {
    j: function () { return press('[rel=next][data-case]') || row(1); }, k: function () { return press('[rel=prev][data-case]') || row(-1); },
    a: function () { remember(); return press('.act a[href$="/approve"]'); }, r: function () { return press('.act a[href$="/return"]'); },
    '?': function () { help.open = !help.open; if (help.open) help.querySelector('summary').focus(); return true; }
  };
  if (help) {
    tick.checked = !off();
    tick.addEventListener('change', function () { try { localStorage.setItem('keys', tick.checked ? 'on' : 'off'); } catch (e) { /* kept for this page only */ } });
    addEventListener('keydown', function (e) { if (e.key === 'Escape') help.open = false; });
  }
  addEventListener('keydown', function (e) {
    var t = e.target;
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName) || t.isContentEditable) return;
    if ((help ? !tick.checked : off()) && !(t.closest && t.closest('[data-viewer]'))) return;
    var key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    if ((help && moves[key] && moves[key]()) || (h.keys || []).some(function (f) { return f(key, e); })) e.preventDefault();
  });

  h.all('[data-undo]').forEach(function (f) { setTimeout(function () { f.remove(); }, f.dataset.undo * 1000); });

  h.all('[data-all]').forEach(function (c) {
    c.addEventListener('change', function () { h.all('input[name="' + c.dataset.all + '"]').forEach(function (i) { i.checked = c.checked; }); });
  });
})();
