/* A picture goes up and its place in the text is where the cursor is. Without this the form does it, at the end. */
(function () {
  'use strict';
  var h = window.huzhu, box = document.querySelector('[data-insert]'), area = document.querySelector('[data-body]');
  if (!h || !box || !area || !window.fetch) return;
  var file = box.querySelector('[type=file]'), alt = box.querySelector('[name=picture_alt]');
  var button = box.querySelector('[data-insert-now]'), out = box.querySelector('[data-insert-say]'), busy = false;
  function put(text) {
    var at = area.selectionEnd, before = area.value.slice(0, at).replace(/\s*$/, ''), after = area.value.slice(at).replace(/^\s*/, '');
    area.value = (before ? before + '\n\n' : '') + text + (after ? '\n\n' + after : '\n');
    at = area.value.indexOf(text) + text.length; area.focus(); area.setSelectionRange(at, at);
  }
  // 发布 while a picture is on its way waits for it; what did not arrive stays chosen and nothing is sent.
  var held = null;
  area.form.addEventListener('submit', function (e) {
    if (!busy) return;
    e.preventDefault(); held = e.submitter; h.say('图片还在上传，传完会自动继续，请不要关闭页面。');
  });
  function ended(arrived) {
    var go = held; busy = false; held = null;
    if (go && arrived) go.click();
  }
  button.addEventListener('click', function (e) {
    if (!file.files.length && box.querySelector('[name=picture_kept]')) return; // came before: the form has it
    e.preventDefault();
    if (busy) return;
    var data = new FormData();
    if (!file.files.length) { out.textContent = '请先选择图片'; return file.focus(); }
    if (!alt.value.trim()) { out.textContent = '请填写图片说明，给看不见图的人听'; return alt.focus(); }
    data.append('csrf_token', h.csrf(button.form)); data.append('picture', file.files[0]); data.append('picture_alt', alt.value);
    busy = true; out.textContent = '正在上传…';
    fetch(box.dataset.insert, { method: 'POST', body: data, credentials: 'same-origin', headers: { 'X-Requested-With': 'fetch' } }).then(function (r) {
      return r.json().then(function (j) {
        if (!r.ok) { out.textContent = j.error; return false; }
        put(j.reference); file.value = ''; alt.value = ''; out.textContent = ''; h.say('图片已插入正文。');
        return true;
      });
    }).catch(function () { out.textContent = '网络不通，图片没有传上去，请再点一次。'; return false; }).then(ended);
  });
})();
