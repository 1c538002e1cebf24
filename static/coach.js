/* Looks at a photo before it is sent and says what could be better; makes it small enough. Never refuses one.
   The same measures as core/files/coach.py (change both; their tests share one set of pictures). */
(function () {
  'use strict';
  var h = window.huzhu, d = document; if (!h || h.coach) return;
  var LONG = 1920, LEAST = 1600, MOST = 200000, SHARP = 800, GRID = 64;
  var BLUR = 0.46, DARK = 105, GLARE = 0.012, SHORT_SIDE = 600, LONG_SIDE = 900, FILLED = 0.16, EMBLEM = 0.004, PORTRAIT = 0.02;
  var WORDS = {
    blur: '照片有点糊，字看不清。请拿稳手机，再拍一张。',
    glare: '照片上有一块反光，挡住了字。请换个角度避开灯光，再拍一张。',
    cut: '纸的边角没有拍全。请退后一点，四个角都拍进来。',
    dark: '照片太暗，字看不清。请到亮一点的地方再拍一张。',
    small: '照片里的字太小。请拿近一点，让纸占满画面再拍。',
    side_front: '这张像是身份证背面（国徽面），这里要正面（头像面）。拍对了吗？',
    side_back: '这张像是身份证正面（头像面），这里要背面（国徽面）。拍对了吗？'
  };
  function open(file, done) { // decoded once, at the size it is kept in
    var url = URL.createObjectURL(file), img = new Image();
    img.onerror = function () { URL.revokeObjectURL(url); done(null); };
    img.onload = function () {
      var w = img.naturalWidth, t = img.naturalHeight, k = Math.min(1, LONG / Math.max(w, t));
      function plain() { give(img); }
      function give(what) { done(what, Math.round(w * k), Math.round(t * k), w, t, function () { URL.revokeObjectURL(url); if (what.close) what.close(); }); }
      if (k < 1 && window.createImageBitmap) {
        createImageBitmap(file, { resizeWidth: Math.round(w * k), resizeHeight: Math.round(t * k), resizeQuality: 'medium', imageOrientation: 'from-image' })
          .then(function (b) { if ((b.width > b.height) === (w > t)) give(b); else { b.close(); plain(); } }, plain);
      } else plain();
    };
    img.src = url;
  }
  function canvas(src, w, t) {
    var c = d.createElement('canvas'), x; c.width = w; c.height = t;
    x = c.getContext('2d', { willReadFrequently: w <= SHARP || t <= SHARP });
    x.fillStyle = '#fff'; x.fillRect(0, 0, w, t); x.imageSmoothingQuality = 'medium'; x.drawImage(src, 0, 0, w, t);
    return c;
  }
  function shrink(src, w, t, file, done) { // each encoding is dear on a slow phone: the first one says which step may do
    var k = Math.min(1, LEAST / Math.max(w, t)), c = canvas(src, w, t), n = 0;
    // quality, whether smaller (no document below LEAST), and what is left of the first size on photos of papers
    var steps = [[0.75, 0, 1], [0.625, 0, 0.81], [0.5, 0, 0.67], [0.5, 1, 0.67 * k * k], [0.4, 1, 0.57 * k * k]];
    function free(b) { c.width = c.height = 0; done(b && b.size < file.size ? b : file); }
    function next() {
      c.toBlob(function (b) {
        if (!b || b.size <= MOST || n > 3) return free(b);
        var was = steps[n];
        do n++; while (n < 4 && b.size * steps[n][2] / was[2] > 1.05 * MOST);
        if (steps[n][1] > was[1] && k < 0.99) { var small = canvas(c, Math.round(w * k), Math.round(t * k)); c.width = c.height = 0; c = small; }
        next();
      }, 'image/jpeg', steps[n][0]);
    }
    next();
  }
  function pixels(src, w, t, side) {
    var k = Math.min(1, side / Math.max(w, t)), c = canvas(src, Math.max(2, Math.round(w * k)), Math.max(2, Math.round(t * k)));
    var p = c.getContext('2d').getImageData(0, 0, c.width, c.height);
    p.from = c; return p;
  }
  function at(counts, share) { // the value below which this share of all lies
    var all = 0, i; for (i = 0; i < 256; i++) all += counts[i];
    all *= share;
    for (i = 0; i < 256; i++) { all -= counts[i]; if (all < 0) return i; }
    return 255;
  }
  function grey(p) {
    var n = p.width * p.height, g = new Uint8Array(n), s = p.data, i, j;
    for (i = 0, j = 0; i < n; i++, j += 4) g[i] = (s[j] * 77 + s[j + 1] * 150 + s[j + 2] * 29) >> 8;
    return g;
  }
  function counted(g) { var c = new Uint32Array(256), i; for (i = 0; i < g.length; i++) c[g[i]]++; return c; }
  function sharpness(p) {
    var g = grey(p), w = p.width, t = p.height, a = new Uint32Array(256), b = new Uint32Array(256), x, y, i, v, c = counted(g);
    for (y = 1; y < t - 1; y++) for (x = 1; x < w - 1; x++) {
      i = y * w + x; v = 2 * g[i];
      a[Math.min(127, Math.abs(g[i - 1] + g[i + 1] - v))]++; b[Math.min(127, Math.abs(g[i - w] + g[i + w] - v))]++;
    }
    return Math.min(at(a, 0.995), at(b, 0.995)) / Math.max(24, at(c, 0.97) - at(c, 0.01));
  }
  function largest(is, w) { // the largest group of cells that touch: how many, and whether it is a compact thing
    var left = is.slice(), best = [], start, group, i, n, near, k, x0 = w, x1 = 0, y0 = 1e6, y1 = 0, set = {}, wide, high;
    for (start = 0; start < left.length; start++) {
      if (!left[start]) continue;
      left[start] = false; group = [start];
      for (i = 0; i < group.length; i++) {
        n = group[i]; near = [n - w, n + w, n % w ? n - 1 : -1, (n + 1) % w ? n + 1 : -1];
        for (k = 0; k < 4; k++) if (left[near[k]]) { left[near[k]] = false; group.push(near[k]); }
      }
      if (group.length > best.length) best = group;
    }
    best.forEach(function (m) { var x = m % w, y = (m - x) / w; set[m] = true; x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); });
    wide = x1 - x0 + 1; high = y1 - y0 + 1;
    return { size: best.length, has: set, left: x0, right: x1, top: y0, bottom: y1,
      compact: best.length && Math.max(wide, high) < 2.2 * Math.min(wide, high) && best.length > 0.4 * wide * high ? best.length : 0 };
  }
  function cells(n, test) { var out = [], i; for (i = 0; i < n; i++) out.push(!!test(i)); return out; }
  function sides(paper, g, w, top) {
    var t = g.length / w, i, all = [[], [], [], []], touched = 0, rim = 0, ink = 0;
    for (i = 0; i < w; i++) { all[0].push(i); all[1].push((t - 1) * w + i); }
    for (i = 0; i < t; i++) { all[2].push(i * w); all[3].push(i * w + w - 1); }
    all.forEach(function (side) {
      var hit = 0; side.forEach(function (n) { if (paper.has[n]) hit++; rim++; if (g[n] < top - 30) ink++; });
      if (hit > 0.12 * side.length) touched++;
    });
    return touched < 4 ? touched : ink > 0.25 * rim ? 4 : 0;
  }
  function look(src, w, t, wide, high, kind) {
    var fine = pixels(src, w, t, SHARP), p = pixels(fine.from, fine.width, fine.height, GRID), s = p.data, g = grey(p), n = g.length, c = counted(g);
    var low = at(c, 0.1), top = at(c, 0.97), middle = (low + top) >> 1, ground = top - low > 55;
    var paper = largest(cells(n, function (i) { return !ground || g[i] > middle; }), p.width);
    var red = largest(cells(n, function (i) { return s[4 * i] - s[4 * i + 1] > 60 && s[4 * i] - s[4 * i + 2] > 60; }), p.width);
    var dark = largest(cells(n, function (i) {
      var x = i % p.width, y = (i - x) / p.width;
      return g[i] < 0.45 * top && x >= paper.left && x <= paper.right && y >= paper.top && y <= paper.bottom;
    }), p.width);
    var burnt = cells(n, function (i) { return Math.min(s[4 * i], s[4 * i + 1], s[4 * i + 2]) >= 248; });
    var rest = counted(g.filter(function (v, i) { return !burnt[i] && v > (ground ? low : 0); }));
    var small = Math.min(wide, high) < SHORT_SIDE || Math.max(wide, high) < LONG_SIDE || (ground && paper.size / n < FILLED);
    var said = [], size = Math.max(1, paper.size);
    if (top < DARK) said.push('dark');
    if (small) said.push('small'); else if (sharpness(fine) < BLUR) said.push('blur');
    if (at(rest, 0.9) <= 240 && largest(burnt, p.width).size / n > GLARE) said.push('glare');
    if (ground && sides(paper, g, p.width, top)) said.push('cut');
    if (!said.length && /id_front$/.test(kind) && red.compact / size > EMBLEM) said.push('side_front');
    if (!said.length && /id_back$/.test(kind) && red.compact / size <= EMBLEM && ground && dark.compact / size >= PORTRAIT) said.push('side_back');
    return said;
  }
  // done(blob to send, words that could help)
  h.coach = function (file, kind, done) {
    if (file.type && !/^image\/(jpe?g|png|webp|bmp)$/.test(file.type)) return done(file, []);
    open(file, function (src, w, t, wide, high, close) {
      if (!src) return done(file, []);
      var said = [];
      try {
        said = look(src, w, t, wide, high, kind).map(function (code) { return WORDS[code]; });
        shrink(src, w, t, file, function (b) { close(); done(b, said); });
      } catch (_) { close(); done(file, said); }
    });
  };

  // The photo that was missing came: nothing red is left to say about it, here or in the list on top.
  h.came = function (box) {
    var errors = d.getElementById('errors');
    h.all('.error', box).concat(h.all('.errors [href="#f-' + box.dataset.kind + '"]')).forEach(function (e) {
      var it = e.closest('li') || e; it.parentNode.removeChild(it);
    });
    box.classList.remove('bad');
    box.querySelector('input[type=file]').removeAttribute('aria-invalid');
    if (!errors) return;
    var left = h.all('li', errors).length;
    if (left) errors.querySelector('h2').textContent = '有 ' + left + ' 处需要改正'; else errors.parentNode.removeChild(errors);
  };
})();
