/* WeChat's own 订阅 button: sign the page, show the button, tell the server what was answered. */
(function () {
  'use strict';
  var form = document.getElementById('subscribe'), wx = window.wx, said = document.getElementById('left');
  if (!form) return;
  function say(words) { said.textContent = words; }
  if (!wx || !wx.config) { say('没有连上微信，请在微信里打开本页再试。结果会用短信告诉您。'); return; }
  wx.config({
    debug: false, appId: form.dataset.appId, timestamp: form.dataset.timestamp, nonceStr: form.dataset.nonceStr,
    signature: form.dataset.signature, jsApiList: ['checkJsApi'], openTagList: ['wx-open-subscribe']
  });
  wx.error(function () { say('微信没有认出本页，请从公众号菜单重新进入再试。结果会用短信告诉您。'); });
  var button = form.querySelector('wx-open-subscribe');
  button.addEventListener('success', function (event) {
    var body = new FormData(form);
    body.append('details', event.detail.subscribeDetails);
    fetch(form.action, { method: 'POST', body: body, credentials: 'same-origin', headers: { 'X-Requested-With': 'fetch' } })
      .then(function (answer) { return answer.json(); })
      .then(function (told) { say(told.accepted ? '订阅成功，有结果时微信会提醒您。' : '您没有同意，结果会用短信告诉您。'); })
      .catch(function () { say('没有记下来，请再点一次。'); });
  });
  button.addEventListener('error', function () { say('没有订阅成功，请再点一次。结果会用短信告诉您。'); });
})();
