/* Staff comfort: look at documents, pick reasons, reveal for thirty seconds. Pages work without it. */
(function () {
  'use strict';
  var h = window.huzhu; if (!h) return;
  h.all('[data-viewer]').forEach(function (box) {
    var stage = box.querySelector('.v-stage'), canvas = box.querySelector('.v-canvas'), img = box.querySelector('.v-img');
    var links = h.all('.v-thumbs a', box), full = box.querySelector('[data-v=full]'), now = box.querySelector('[data-v-now]');
    if (!stage || !links.length) return;
    var at = 0, zoom = 1, turn = 0;
    function draw() {
      var w = img.naturalWidth, t = img.naturalHeight; if (!w) return;
      var side = turn % 180 !== 0, bw = side ? t : w, bt = side ? w : t;
      var k = Math.min(stage.clientWidth / bw, stage.clientHeight / bt) * zoom;
      canvas.classList.add('on');
      canvas.style.width = Math.max(bw * k, 1) + 'px'; canvas.style.height = Math.max(bt * k, 1) + 'px';
      img.style.width = w * k + 'px'; img.style.height = t * k + 'px';
      img.style.transform = 'translate(-50%,-50%) rotate(' + turn + 'deg)';
    }
    function to(z) {
      var cx = (stage.scrollLeft + stage.clientWidth / 2) / stage.scrollWidth, cy = (stage.scrollTop + stage.clientHeight / 2) / stage.scrollHeight;
      zoom = Math.min(6, Math.max(1, z)); draw();
      stage.scrollLeft = cx * stage.scrollWidth - stage.clientWidth / 2; stage.scrollTop = cy * stage.scrollHeight - stage.clientHeight / 2;
    }
    function show(n) {
      at = (n + links.length) % links.length; zoom = 1; turn = 0;
      var a = links[at];
      links.forEach(function (l) { if (l === a) l.setAttribute('aria-current', 'true'); else l.removeAttribute('aria-current'); });
      img.src = a.href; img.alt = a.dataset.label; full.href = a.dataset.full; now.textContent = at + 1;
      var strip = a.closest('ul'); strip.scrollLeft = a.parentNode.offsetLeft - strip.clientWidth / 2;
    }
    var does = {
      in: function () { to(zoom * 1.4); }, out: function () { to(zoom / 1.4); }, turn: function () { turn = (turn + 90) % 360; draw(); },
      prev: function () { show(at - 1); }, next: function () { show(at + 1); }
    };
    img.addEventListener('load', draw); if (img.complete) draw();
    addEventListener('resize', draw);
    box.addEventListener('click', function (e) {
      var b = e.target.closest('[data-v]'), a = e.target.closest('.v-thumbs a');
      if (b && does[b.dataset.v]) does[b.dataset.v]();
      else if (a) { e.preventDefault(); show(links.indexOf(a)); }
    });
    stage.addEventListener('dblclick', function () { to(zoom > 1 ? 1 : 2.5); });
    var keys = { '+': 'in', '=': 'in', '-': 'out', r: 'turn', R: 'turn', ArrowLeft: 'prev', ArrowRight: 'next' };
    addEventListener('keydown', function (e) {
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
      if (zoom > 1 && e.target === stage && /^Arrow/.test(e.key)) return; // then the arrows scroll
      if (keys[e.key]) { e.preventDefault(); does[keys[e.key]](); }
    });
    var drag = null;
    stage.addEventListener('pointerdown', function (e) { if (e.pointerType === 'mouse' && zoom > 1) { drag = [e.clientX + stage.scrollLeft, e.clientY + stage.scrollTop]; stage.classList.add('drag'); e.preventDefault(); stage.focus(); } });
    addEventListener('pointermove', function (e) { if (drag) { stage.scrollLeft = drag[0] - e.clientX; stage.scrollTop = drag[1] - e.clientY; } });
    addEventListener('pointerup', function () { drag = null; stage.classList.remove('drag'); });
  });

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

  h.all('[data-reveal] button').forEach(function (b) {
    var out = b.parentNode.querySelector('[data-value]'), masked = out.textContent;
    b.addEventListener('click', function (e) {
      e.preventDefault();
      var data = b.form ? new FormData(b.form) : new FormData();
      data.set('csrf_token', h.csrf(b.form)); if (b.name) data.set(b.name, b.value);
      fetch(b.formAction, { method: 'POST', body: data, credentials: 'same-origin', headers: { 'X-Requested-With': 'fetch' } }).then(function (r) {
        return r.json().then(function (j) {
          if (!r.ok) return h.say(j.error);
          out.textContent = j.value; setTimeout(function () { out.textContent = masked; }, 30000);
        });
      }).catch(function () { h.say('没有连上网络，请再点一次“查看”。'); });
    });
  });

  // Filters take a phone's first screen: they start closed there unless they are in use.
  h.all('details[data-fold]').forEach(function (d) { if (innerWidth < 960 && !d.hasAttribute('data-used')) d.open = false; });

  h.all('[data-all]').forEach(function (c) {
    c.addEventListener('change', function () { h.all('input[name="' + c.dataset.all + '"]').forEach(function (i) { i.checked = c.checked; }); });
  });
})();
