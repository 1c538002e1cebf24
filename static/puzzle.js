/* 图片验证码 spared: this computer works on the sum (altcha) while the form is filled in. Without it the picture stays. */
(function () {
  'use strict';
  var d = document, subtle = window.crypto && window.crypto.subtle;
  var box = d.querySelector('[data-puzzle]');
  if (!box) return;
  var auto = box.querySelector('.puzzle-auto'), hand = box.querySelector('.puzzle-hand');
  var state = box.querySelector('.puzzle-state'), solved = box.querySelector('[name=solved]');
  var button = box.querySelector('.puzzle-img'), img = button.querySelector('img'), form = box.closest('form');
  var round = 0, busy = null, SOLVED = '验证已通过，不用输入图片验证码。';

  function picture() { img.src = '/admin/recover/picture?n=' + Date.now(); }
  button.addEventListener('click', function (e) {
    e.preventDefault(); picture();
    box.querySelector('#f-picture').value = ''; box.querySelector('#f-picture').focus();
  });

  function bytes(hex) { return new Uint8Array(hex.match(/../g).map(function (h) { return parseInt(h, 16); })); }
  function hex(buffer) { return Array.prototype.map.call(new Uint8Array(buffer), function (b) { return (b < 16 ? '0' : '') + b.toString(16); }).join(''); }
  function base64(text) { return btoa(unescape(encodeURIComponent(text))); }

  function derive(p, nonce, salt, n) {
    var word = new Uint8Array(nonce.length + 4);
    word.set(nonce); new DataView(word.buffer).setUint32(nonce.length, n);
    return subtle.importKey('raw', word, 'PBKDF2', false, ['deriveBits']).then(function (key) {
      return subtle.deriveBits({ name: 'PBKDF2', salt: salt, iterations: p.cost, hash: 'SHA-256' }, key, p.keyLength * 8);
    });
  }
  function work(challenge, mine) {
    var p = challenge.parameters, nonce = bytes(p.nonce), salt = bytes(p.salt), n = 0;
    function more() {
      if (mine !== round) return Promise.reject(new Error('over'));
      return derive(p, nonce, salt, n).then(function (key) {
        key = hex(key);
        if (key.indexOf(p.keyPrefix) === 0) return base64(JSON.stringify({ challenge: challenge, solution: { counter: n, derivedKey: key } }));
        n += 1;
        return more();
      });
    }
    return more();
  }
  function begin() {
    var mine = ++round;
    solved.value = ''; state.textContent = '正在自动验证…';
    busy = fetch(box.dataset.puzzle, { credentials: 'same-origin' }).then(function (r) {
      if (!r.ok) throw new Error('no challenge');
      return r.json();
    }).then(function (c) { return work(c, mine); }).then(function (answer) {
      solved.value = answer; state.textContent = SOLVED; busy = null;
    }).catch(function () { busy = null; if (mine === round) byHand(); });
  }
  function byHand() {
    round++; busy = null; solved.value = ''; auto.hidden = true; hand.hidden = false;
  }

  if (!subtle || !window.fetch || box.querySelector('.bad')) return; // a picture was got wrong: stay with it
  auto.hidden = false; hand.hidden = true;
  box.querySelector('[data-by-hand]').addEventListener('click', function () { byHand(); picture(); box.querySelector('#f-picture').focus(); });
  begin();
  setInterval(function () { if (!auto.hidden) begin(); }, 8 * 60 * 1000);

  // Sent before the sum was done: it goes on as soon as it is.
  function wait(e) {
    if (!busy || auto.hidden) return;
    var press = e.submitter || e.currentTarget;
    e.preventDefault(); e.stopImmediatePropagation();
    state.textContent = '正在自动验证，马上就好…';
    busy.then(function () { press.click ? press.click() : form.requestSubmit(); });
  }
  form.addEventListener('submit', wait, true);
  Array.prototype.forEach.call(form.querySelectorAll('[data-otp]'), function (b) { b.addEventListener('click', wait, true); });

  // An answer is good for one try: after a refusal there must be another.
  var told = form.querySelector('.sent');
  if (told && window.MutationObserver) {
    new MutationObserver(function () {
      if (!told.classList.contains('off')) return;
      if (auto.hidden) picture(); else begin();
    }).observe(told, { attributes: true, attributeFilter: ['class'], childList: true });
  }
})();
