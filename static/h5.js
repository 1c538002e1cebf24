/* Comfort on top of pages that work without it: safe double taps, photos one by one, codes, drafts, WeChat's habits. */
(function () {
  'use strict';
  var d = document, body = d.body, wechat = /MicroMessenger/i.test(navigator.userAgent);
  var OFFLINE = '手机没有连上网络，刚才的操作没有完成。请检查网络后再点一次。';
  var UNSAVED = '网络不通，本页内容还没保存。请不要关闭，网络恢复后点“下一步”。';
  function all(sel, root) { return Array.prototype.slice.call((root || d).querySelectorAll(sel)); }
  function make(tag, cls, text) { var e = d.createElement(tag); if (cls) e.className = cls; if (text) e.textContent = text; return e; }
  var quiet;
  function say(text) {
    var box = d.getElementById('say'); if (!box) return;
    box.textContent = text; clearTimeout(quiet);
    quiet = setTimeout(function () { box.textContent = ''; }, 8000);
  }
  window.huzhu = { say: say, all: all, make: make, csrf: csrf };
  function csrf(form) { var i = (form || d).querySelector('[name=csrf_token]') || d.querySelector('[name=csrf_token]'); return i ? i.value : ''; }
  function words(form) { // what was typed, without the files: those travel one by one
    var data = new FormData(form), out = new FormData();
    data.forEach(function (v, k) { if (typeof v === 'string') out.append(k, v); });
    return out;
  }
  function post(url, data) { return fetch(url, { method: 'POST', body: data, credentials: 'same-origin', headers: { 'X-Requested-With': 'fetch' } }); }

  // WeChat's title bar shows the page's title; the sandbox's phone, the only frame that may hold us, cannot see it.
  if (parent !== window) parent.postMessage({ title: d.title }, '*');

  // A page that WeChat kept alive and shows again after 返回 would tell old news.
  addEventListener('pageshow', function (e) {
    if (e.persisted && body.hasAttribute('data-fresh')) return location.reload();
    if (e.persisted) all('form').forEach(free);
  });
  // 返回 asks for an answer to a form plainly.
  if (body.hasAttribute('data-posted')) history.replaceState(null, '', location.href);
  var errors = d.getElementById('errors');
  if (errors) errors.focus();
  all('.errors a').forEach(function (a) {
    a.addEventListener('click', function (e) {
      var to = d.getElementById(a.getAttribute('href').slice(1)); if (!to) return;
      e.preventDefault();
      (to.closest('.field') || to).scrollIntoView({ block: 'start' }); to.focus({ preventScroll: true });
    });
  });

  // One tap, one request.
  function free(form) {
    delete form.dataset.busy;
    all('[data-said]', form).forEach(function (b) { b.textContent = b.dataset.said; b.removeAttribute('data-said'); b.removeAttribute('aria-disabled'); });
  }
  function busy(form, button, text) {
    form.dataset.busy = '1';
    if (button && !button.classList.contains('enter')) { button.dataset.said = button.textContent; button.textContent = text; button.setAttribute('aria-disabled', 'true'); }
    setTimeout(function () { free(form); }, 8000);
  }
  var pressed = null;
  addEventListener('click', function (e) { var b = e.target.closest && e.target.closest('button'); if (b && b.type === 'submit') pressed = b; }, true);
  addEventListener('submit', function (e) {
    var form = e.target, button = e.submitter || pressed;
    if (button && button.form !== form) button = null;
    if (e.defaultPrevented || form.method !== 'post') return;
    if (form.dataset.busy) return e.preventDefault();
    if (navigator.onLine === false) { e.preventDefault(); return say(OFFLINE); }
    if (!photosReady(form, button)) return e.preventDefault();
    busy(form, button, '正在提交…');
  });

  // The keyboard hides half the screen: fixed bars step aside.
  addEventListener('focusin', function (e) { if (/^(INPUT|TEXTAREA)$/.test(e.target.tagName) && !/^(checkbox|radio|file|date)$/.test(e.target.type)) body.classList.add('kb'); });
  addEventListener('focusout', function () { setTimeout(function () { if (!/^(INPUT|TEXTAREA)$/.test(d.activeElement.tagName)) body.classList.remove('kb'); }, 120); });

  // WeChat: follow its letter size, close its window, copy for those outside.
  function scale(n) { if (n > 0) body.style.webkitTextSizeAdjust = body.style.textSizeAdjust = n + '%'; }
  function bridge(f) { if (window.WeixinJSBridge) f(); else d.addEventListener('WeixinJSBridgeReady', f); }
  try { if (window.__wxWebEnv) scale(JSON.parse(window.__wxWebEnv.getEnv()).fontScale); } catch (_) { /* an older WeChat */ }
  if (wechat) bridge(function () {
    WeixinJSBridge.on('menu:setfont', function (r) { scale(+r.fontScale); WeixinJSBridge.invoke('setFontSizeCallback', { fontSize: r.fontSize }); });
  });
  addEventListener('click', function (e) {
    var a = e.target.closest && e.target.closest('[data-close],[data-copy]'); if (!a) return;
    if (a.hasAttribute('data-copy')) {
      if (navigator.clipboard) { e.preventDefault(); navigator.clipboard.writeText(a.dataset.copy).then(function () { say('已复制：' + a.dataset.copy); }); }
    } else if (wechat && window.WeixinJSBridge) { e.preventDefault(); WeixinJSBridge.call('closeWindow'); }
  });

  // Say back what was understood while it is typed.
  var says = {
    date: function (v) { var m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(v); return m ? +m[1] + '年' + +m[2] + '月' + +m[3] + '日' : ''; },
    count: function (v) { v = v.replace(/[\s-]/g, ''); return v && v.indexOf('*') < 0 ? '已输入 ' + v.length + ' 位' : ''; },
    card: function (v) { v = v.replace(/\D/g, ''); return v ? v.replace(/(.{4})(?=.)/g, '$1 ') + '（' + v.length + ' 位）' : ''; }
  };
  all('[data-echo]').forEach(function (i) {
    var out = i.parentNode.querySelector('.echo');
    function tell() { if (out) out.textContent = says[i.dataset.echo](i.value); }
    i.addEventListener('input', tell);
    if (i.dataset.echo !== 'date') tell();
  });

  // 获取 code
  all('[data-otp]').forEach(function (b) {
    var label = b.textContent, box = b.closest('.field'), out = box.querySelector('.sent'), timer;
    function count(n) {
      clearInterval(timer);
      function show() { if (n > 0) { b.textContent = n + ' 秒'; b.setAttribute('aria-disabled', 'true'); } else { clearInterval(timer); b.textContent = '重新获取'; b.removeAttribute('aria-disabled'); } n--; }
      show(); timer = setInterval(show, 1000);
    }
    function tell(text, off) { out.textContent = text; out.classList.toggle('off', !!off); }
    if (+b.dataset.seconds > 0) count(+b.dataset.seconds);
    if (!window.fetch) return;
    b.addEventListener('click', function (e) {
      e.preventDefault();
      if (b.getAttribute('aria-disabled')) return;
      b.setAttribute('aria-disabled', 'true'); b.textContent = '发送中…';
      post(b.formAction, words(b.form)).then(function (r) {
        return r.json().then(function (j) {
          if (r.ok) { tell(j.message); count(j.seconds || 60); box.querySelector('input').focus(); } else { tell(j.error, true); if (j.seconds && j.seconds < 3600) count(j.seconds); else reset(); }
        });
      }).catch(function () { tell(OFFLINE, true); reset(); });
      function reset() { b.textContent = label; b.removeAttribute('aria-disabled'); }
    });
  });

  // Photos: looked at and made smaller by coach.js, sent one by one; what arrived is kept.
  var running = 0, line = [], coached = null;
  function coach(box, then) { // fetched when the first photo is about to be taken, not with every page
    if (coached) return coached.push ? coached.push(then) : then();
    coached = [then];
    var s = make('script'), all = coached;
    s.src = box.dataset.coach; s.onload = s.onerror = function () { coached = true; all.forEach(function (f) { f(); }); };
    d.head.appendChild(s);
  }
  function look(box, file, done) {
    coach(box, function () { var h = window.huzhu; if (h.coach) h.coach(file, box.dataset.kind, done); else done(file, []); });
  }
  function next() { while (running < 2 && line.length) { running++; line.shift()(); } }
  function over() { running--; next(); settle(); }

  function Photo(box, file) {
    var me = this, li = make('li', 'up-item'), img = make('img'), state = make('span', 'up-state', '等待中'), act = make('button', 'up-act', '取消');
    var xhr = null, tries = 0, gone = false, blob = null, label = box.dataset.label, input = box.querySelector('input[type=file]');
    img.onerror = function () { img.alt = ''; }; // no picture: its words stand below
    img.src = URL.createObjectURL(file); img.alt = label + '，刚选的照片'; img.width = img.height = 110;
    act.type = 'button'; act.setAttribute('aria-label', '取消 ' + label);
    li.appendChild(img); li.appendChild(state); li.appendChild(act); li.photo = me;
    box.querySelector('.up-grid').appendChild(li);
    me.state = 'waiting';
    function tell(text) { state.textContent = text; }
    function go() {
      if (gone) return over();
      if (blob) return send();
      tell('压缩中');
      look(box, file, function (b, said) {
        blob = b;
        if (said.length && !gone) { advise(said); if (!(+box.dataset.tries > 0)) { me.state = 'asking'; return ask(); } }
        send();
      });
    }
    function advise(said) { said.forEach(function (text) { li.appendChild(make('span', 'up-warn', text)); }); if (said.length) li.classList.add('wide'); }
    function ask() { // once for each question; the next photo goes as it is, with the same words beside it
      var again = make('button', 'btn primary', '重拍'), use = make('button', 'btn plain', '就用这张');
      again.type = use.type = 'button'; tell('先别急着传'); act.hidden = true;
      again.onclick = function () { box.dataset.tries = 1; me.drop(); input.click(); };
      use.onclick = me.use = function () { me.use = null; box.dataset.tries = 1; li.removeChild(again); li.removeChild(use); act.hidden = false; me.state = 'waiting'; tell('等待中'); line.push(go); next(); };
      li.appendChild(again); li.appendChild(use); over();
    }
    function send() {
      if (gone) return over();
      var data = new FormData(); xhr = new XMLHttpRequest();
      data.append('csrf_token', csrf(box.closest('form'))); data.append('kind', box.dataset.kind); data.append('photo', blob, (file.name || 'photo').replace(/\.\w+$/, '') + '.jpg');
      xhr.open('POST', box.dataset.postUrl); xhr.timeout = 120000; xhr.setRequestHeader('X-Requested-With', 'fetch');
      tell('上传中');
      xhr.upload.onprogress = function (e) { if (e.lengthComputable) tell('上传中 ' + Math.min(99, Math.round(100 * e.loaded / e.total)) + '%'); };
      xhr.onload = function () {
        var j = {}; try { j = JSON.parse(xhr.responseText); } catch (_) { /* a proxy's page */ }
        if (xhr.status === 201) arrived(j); else if (xhr.status >= 400 && xhr.status < 500 && j.error) refused(j.error); else lost();
      };
      xhr.onerror = xhr.ontimeout = lost;
      xhr.onabort = over;
      xhr.send(data);
    }
    function arrived(j) {
      var twice = all('[data-delete]', box).some(function (b) { return b.dataset.delete === j.delete_url; });
      if (twice) { me.drop(); return over(); } // the very photo that is there already
      me.state = 'done'; li.setAttribute('data-done', ''); li.classList.remove('off');
      if (!li.querySelector('.up-warn')) advise(j.warnings || []);
      URL.revokeObjectURL(img.src); if (j.thumb_url) img.src = j.thumb_url; img.alt = j.label || label; file = blob = null;
      tell(j.message || '已上传'); act.textContent = '删除'; act.dataset.delete = j.delete_url; act.setAttribute('aria-label', '删除 ' + (j.label || label));
      if (window.huzhu.came) window.huzhu.came(box);
      recount(box); over();
    }
    function lost() {
      if (++tries < 3 && !gone) return setTimeout(function () { if (gone) over(); else send(); }, 1500 * tries);
      me.state = 'off'; li.classList.add('off'); tell('没传上去');
      if (!li.querySelector('.again')) {
        var again = make('button', 'up-act again', '重试'); again.type = 'button'; again.setAttribute('aria-label', '重试 ' + label);
        again.onclick = function () { li.removeChild(again); li.classList.remove('off'); tries = 0; me.state = 'waiting'; tell('等待中'); line.push(go); next(); };
        li.insertBefore(again, act); remove();
      }
      over();
    }
    function refused(text) { me.state = 'off'; li.classList.add('off'); tell(text); remove(); over(); }
    function remove() { act.textContent = '移除'; act.setAttribute('aria-label', '移除 ' + label); }
    me.drop = function () { gone = true; li.parentNode.removeChild(li); if (xhr && me.state === 'waiting') xhr.abort(); recount(box); };
    me.show = function () { li.querySelector('.btn').focus(); };
    me.again = function () { return li.querySelector('.again'); };
    line.push(go); next(); recount(box);
  }
  function recount(box) {
    var n = all('.up-item', box).length, max = +box.dataset.max;
    box.querySelector('[data-count]').textContent = all('[data-done]', box).length;
    box.classList.toggle('full', n >= max);
    box.classList.toggle('has', n > 0); // the sample has done its work
    if (n < max) box.querySelector('.up-say').textContent = '';
  }
  all('[data-uploader]').forEach(function (box) {
    if (!box.dataset.postUrl || !window.FormData) return;
    var input = box.querySelector('input[type=file]'), out = box.querySelector('.up-say');
    recount(box);
    input.addEventListener('click', function () { coach(box, function () {}); });
    input.addEventListener('change', function () {
      var max = +box.dataset.max, files = Array.prototype.slice.call(input.files), room = max - all('.up-item', box).length;
      input.value = ''; // each photo is on its way by itself; it must not travel with the form again
      files.slice(0, room).forEach(function (f) { new Photo(box, f); });
      if (files.length > room) out.textContent = '最多上传 ' + max + ' 张，请先删掉不需要的';
    });
    box.addEventListener('click', function (e) {
      var b = e.target.closest('.up-act'), li = b && b.closest('.up-item'); if (!b || b.classList.contains('again')) return;
      if (!b.dataset.delete) { e.preventDefault(); return li.photo && li.photo.drop(); }
      e.preventDefault();
      if (b.getAttribute('aria-disabled') || !confirm('确定删除这张照片吗？')) return;
      b.setAttribute('aria-disabled', 'true');
      var data = new FormData(); data.append('csrf_token', csrf(b.form));
      post(b.dataset.delete, data).then(function (r) { if (!r.ok) throw r; li.parentNode.removeChild(li); recount(box); input.focus(); })
        .catch(function () { b.removeAttribute('aria-disabled'); say(navigator.onLine === false ? OFFLINE : '照片没有删掉，请再点一次“删除”。'); });
    });
  });
  addEventListener('online', function () { all('.up-act.again').forEach(function (b) { b.click(); }); });
  var held = null;
  function photosReady(form, button) {
    if (form.dataset.leave || (button && button.hasAttribute('formaction'))) return true;
    var photos = all('.up-item', form).map(function (li) { return li.photo; }).filter(Boolean);
    var asking = photos.filter(function (p) { return p.use; });
    if (asking.length && !form.dataset.asked) {
      form.dataset.asked = '1'; asking[0].show(); say('有照片可以拍得更清楚，请选“重拍”或“就用这张”。');
      return false;
    }
    asking.forEach(function (p) { p.use(); }); // a second tap means: as they are
    if (photos.some(function (p) { return p.state === 'waiting'; })) {
      held = { form: form, button: button };
      say('照片还在上传，传完会自动继续，请不要关闭页面。');
      return false;
    }
    var lost = photos.filter(function (p) { return p.state === 'off'; })[0];
    if (!lost) return true;
    form.dataset.leave = '1'; // told once; a second tap goes on without that photo
    var i = photos.indexOf(lost) + 1, b = lost.again();
    say(b ? '第 ' + i + ' 张没有传上去，请点“重试”' : '第 ' + i + ' 张没有传上去，请移除后换一张');
    if (b) b.focus();
    return false;
  }
  function settle() {
    var h = held; if (!h || running || line.length) return;
    held = null;
    if (h.button) h.button.click(); else if (h.form.requestSubmit) h.form.requestSubmit();
  }

  // Draft
  all('form[data-autosave]').forEach(function (form) {
    var out = d.querySelector('[data-draft]'), timer;
    function tell(text, off) { if (out) { out.textContent = text; out.classList.toggle('off', !!off); } }
    form.addEventListener('input', function (e) {
      if (e.target.type === 'file' || e.target.autocomplete === 'one-time-code') return;
      clearTimeout(timer);
      timer = setTimeout(function () {
        if (form.dataset.busy) return;
        post(form.dataset.autosave, words(form)).then(function (r) {
          if (!r.ok) throw r;
          tell('草稿已保存 ' + new Date().toTimeString().slice(0, 5));
        }).catch(function () { tell(UNSAVED, true); });
      }, 1500);
    });
  });
})();
