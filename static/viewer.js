/* Look at documents: zoom, turn, pinch, next; on a return also point at a place. Without it the pictures are links. */
(function () {
  'use strict';
  var h = window.huzhu, NS = 'http://www.w3.org/2000/svg'; if (!h) return;

  function el(name, attrs) { var n = document.createElementNS(NS, name); for (var k in attrs) n.setAttribute(k, attrs[k]); return n; }

  // The rows of a return form, in which a drawn place is kept: photo, place, words.
  function Rows(form) {
    var rows = form ? h.all('.mark-row', form) : [];
    function part(row, name) { return row.querySelector('[name=mark_' + name + ']'); }
    function places(id) {
      return rows.filter(function (r) { return part(r, 'document').value === id; }).map(function (r) {
        var p = part(r, 'place'), o = p.options[p.selectedIndex];
        return (o && (o.dataset.area || o.value) || '').split(',').map(Number);
      }).filter(function (a) { return a.length === 4 && !a.some(isNaN); });
    }
    function tick(row) { // what is pointed at has to be put right: its item among those to correct
      var o = part(row, 'document').selectedOptions[0], item = o && o.dataset.kind && document.querySelector('[name=items][value="' + o.dataset.kind + '"]');
      if (item) item.checked = true;
    }
    rows.forEach(function (r) { part(r, 'document').addEventListener('change', function () { tick(r); }); });
    function add(id, area) {
      var row = rows.filter(function (r) { return !part(r, 'document').value; })[0];
      if (!row) { h.say('最多圈 ' + rows.length + ' 处，可以先去掉一处。'); return false; }
      var pick = part(row, 'place'), old = pick.querySelector('[data-drawn]'), o = new Option('圈出的地方', area.join(','), true, true);
      if (old) old.remove();
      o.dataset.drawn = ''; pick.add(o, 0); pick.selectedIndex = 0;
      part(row, 'document').value = id; tick(row);
      form.open = true;
      h.say('已圈出第 ' + (rows.indexOf(row) + 1) + ' 处，请写哪里不对。');
      if (innerWidth >= 960) part(row, 'note').focus(); else row.scrollIntoView({ block: 'center' });
      return true;
    }
    return { any: rows.length > 0, places: places, add: add };
  }

  h.all('[data-viewer]').forEach(function (box) {
    var stage = box.querySelector('.v-stage'), canvas = box.querySelector('.v-canvas'), img = box.querySelector('.v-img');
    var links = h.all('.v-thumbs a', box), full = box.querySelector('[data-v=full]'), now = box.querySelector('[data-v-now]');
    if (!stage || !links.length) return;
    var form = document.querySelector('[data-marks]'), rows = Rows(form), pen = box.querySelector('[data-v=mark]');
    var at = 0, zoom = 1, turn = 0, drawn = null;
    var svg = el('svg', { viewBox: '0 0 1 1', preserveAspectRatio: 'none', 'class': 'v-marks', 'aria-hidden': 'true' });
    canvas.appendChild(svg);

    function rect(a) {
      ['m-halo', 'm-line'].forEach(function (c) { svg.appendChild(el('rect', { 'class': c, x: a[0], y: a[1], width: a[2], height: a[3] })); });
    }
    function marks() {
      svg.textContent = '';
      rows.places(links[at].dataset.id || '-').forEach(rect);
      if (drawn) rect(drawn);
    }
    function draw() {
      var w = img.naturalWidth, t = img.naturalHeight; if (!w) return;
      var side = turn % 180 !== 0, bw = side ? t : w, bt = side ? w : t;
      var k = Math.min(stage.clientWidth / bw, stage.clientHeight / bt) * zoom;
      canvas.classList.add('on');
      canvas.style.width = Math.max(bw * k, 1) + 'px'; canvas.style.height = Math.max(bt * k, 1) + 'px';
      [img, svg].forEach(function (n) {
        n.style.width = w * k + 'px'; n.style.height = t * k + 'px';
        n.style.transform = 'translate(-50%,-50%) rotate(' + turn + 'deg)';
      });
      marks();
    }
    // Zoom so that what is under (x, y) of the stage stays there.
    function to(z, x, y) {
      if (x === undefined) { x = stage.clientWidth / 2; y = stage.clientHeight / 2; }
      var cx = (stage.scrollLeft + x) / stage.scrollWidth, cy = (stage.scrollTop + y) / stage.scrollHeight;
      zoom = Math.min(6, Math.max(1, z)); draw();
      stage.scrollLeft = cx * stage.scrollWidth - x; stage.scrollTop = cy * stage.scrollHeight - y;
    }
    function show(n) {
      at = (n + links.length) % links.length; zoom = 1; turn = 0;
      var a = links[at];
      links.forEach(function (l) { if (l === a) l.setAttribute('aria-current', 'true'); else l.removeAttribute('aria-current'); });
      img.src = a.href; img.alt = a.dataset.label; full.href = a.dataset.full; now.textContent = at + 1;
      var strip = a.closest('ul'); strip.scrollLeft = a.parentNode.offsetLeft - strip.clientWidth / 2;
    }
    function marking(on) {
      stage.classList.toggle('marking', on); pen.setAttribute('aria-pressed', on);
      if (on) h.say('请在照片上按住拖动，圈出有问题的地方。');
    }
    var does = {
      in: function () { to(zoom * 1.4); }, out: function () { to(zoom / 1.4); }, whole: function () { turn = 0; to(1); },
      turn: function () { turn = (turn + 90) % 360; draw(); },
      prev: function () { show(at - 1); }, next: function () { show(at + 1); },
      mark: function () { marking(!stage.classList.contains('marking')); }
    };
    img.addEventListener('load', draw); if (img.complete) draw();
    addEventListener('resize', draw);
    if (form) form.addEventListener('change', draw);
    box.addEventListener('click', function (e) {
      var b = e.target.closest('[data-v]'), a = e.target.closest('.v-thumbs a');
      if (b && does[b.dataset.v]) does[b.dataset.v]();
      else if (a) { e.preventDefault(); show(links.indexOf(a)); }
    });

    var keys = { '+': 'in', '=': 'in', '-': 'out', '0': 'whole', t: 'turn', ArrowLeft: 'prev', ArrowRight: 'next' };
    h.keys = h.keys || [];
    h.keys.push(function (key, e) {
      if (zoom > 1 && e.target === stage && /^Arrow/.test(key)) return false; // then the arrows scroll
      if (!keys[key]) return false;
      does[keys[key]](); return true;
    });

    // --- two fingers: pinch and move; two taps: in and out
    var two = null, tap = null;
    function mid(t) { var r = stage.getBoundingClientRect(); return [(t[0].clientX + t[1].clientX) / 2 - r.left, (t[0].clientY + t[1].clientY) / 2 - r.top]; }
    function gap(t) { return Math.hypot(t[0].clientX - t[1].clientX, t[0].clientY - t[1].clientY) || 1; }
    stage.addEventListener('touchstart', function (e) {
      if (e.touches.length !== 2) return;
      e.preventDefault(); two = { gap: gap(e.touches), zoom: zoom, mid: mid(e.touches) }; tap = null; start = drawn = null;
    }, { passive: false });
    stage.addEventListener('touchmove', function (e) {
      tap = tap && e.touches.length === 1 && Math.hypot(e.touches[0].clientX - tap[1], e.touches[0].clientY - tap[2]) < 12 ? tap : null;
      if (!two || e.touches.length !== 2) return;
      e.preventDefault();
      var m = mid(e.touches);
      to(two.zoom * gap(e.touches) / two.gap, m[0], m[1]);
      stage.scrollLeft -= m[0] - two.mid[0]; stage.scrollTop -= m[1] - two.mid[1]; two.mid = m;
    }, { passive: false });
    stage.addEventListener('touchend', function (e) {
      if (two) { if (!e.touches.length) two = null; return; }
      var t = e.changedTouches[0], last = tap, r = stage.getBoundingClientRect();
      if (stage.classList.contains('marking')) return;
      tap = [e.timeStamp, t.clientX, t.clientY];
      if (last && tap[0] - last[0] < 350 && Math.hypot(tap[1] - last[1], tap[2] - last[2]) < 30) {
        e.preventDefault(); tap = null; to(zoom > 1 ? 1 : 2.5, t.clientX - r.left, t.clientY - r.top);
      }
    }, { passive: false });
    stage.addEventListener('dblclick', function (e) {
      var r = stage.getBoundingClientRect();
      if (!stage.classList.contains('marking')) to(zoom > 1 ? 1 : 2.5, e.clientX - r.left, e.clientY - r.top);
    });

    // --- one pointer: draw a place, or with the mouse move what is bigger than the stage
    var start = null, drag = null;
    function spot(e) {
      var r = canvas.getBoundingClientRect(), a = -turn * Math.PI / 180;
      var dx = e.clientX - r.left - r.width / 2, dy = e.clientY - r.top - r.height / 2;
      return [[dx * Math.cos(a) - dy * Math.sin(a), img.offsetWidth], [dx * Math.sin(a) + dy * Math.cos(a), img.offsetHeight]].map(function (p) {
        return Math.min(1, Math.max(0, p[0] / p[1] + .5));
      });
    }
    stage.addEventListener('pointerdown', function (e) {
      if (stage.classList.contains('marking') && e.isPrimary) { start = spot(e); e.preventDefault(); return; }
      if (e.pointerType === 'mouse' && zoom > 1) { drag = [e.clientX + stage.scrollLeft, e.clientY + stage.scrollTop]; stage.classList.add('drag'); e.preventDefault(); stage.focus(); }
    });
    addEventListener('pointermove', function (e) {
      if (start && e.isPrimary) {
        var p = spot(e);
        drawn = [Math.min(start[0], p[0]), Math.min(start[1], p[1]), Math.abs(p[0] - start[0]), Math.abs(p[1] - start[1])]; marks();
      } else if (drag) { stage.scrollLeft = drag[0] - e.clientX; stage.scrollTop = drag[1] - e.clientY; }
    });
    addEventListener('pointerup', function () {
      drag = null; stage.classList.remove('drag');
      var done = drawn; start = drawn = null;
      if (done && done[2] > .01 && done[3] > .01 && rows.add(links[at].dataset.id, done.map(function (n) { return n.toFixed(4); }))) marking(false);
      marks();
    });
    if (pen && !rows.any) pen.remove();
  });
})();
