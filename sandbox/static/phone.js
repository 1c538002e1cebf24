// What does the phone do by itself? New lines and SMS appear, forms do not reload it, links open its browser.
(function () {
  "use strict";
  var d = document, phone = d.getElementById("phone"), set = phone.dataset, all = window.sandbox.all;
  var lines = d.getElementById("lines"), scroll = d.getElementById("scroll"), banner = d.getElementById("banner");
  var browser = d.getElementById("browser"), page = d.getElementById("page"), title = d.getElementById("page-title");
  var outside = d.getElementById("outside"), last = Number(set.last), asking = false;

  // -- chat and SMS
  function poll() {
    if (asking || d.hidden) return;
    asking = true;
    fetch(set.url + "/chat.json?after=" + last).then(function (a) { return a.json(); }).then(show).catch(function () {})
      .then(function () { asking = false; });
  }
  function show(now) {
    var isOther = String(now.is_follower ? 1 : 0) !== set.follower || String(now.menu) !== set.menu;
    if (isOther && browser.hidden) return location.assign("/phone");
    if (now.last > last) {
      lines.insertAdjacentHTML("beforeend", now.lines);
      last = now.last; scroll.scrollTop = 0;
    }
    var old = banner.querySelector("[data-sms]"), holder = d.createElement("div");
    holder.innerHTML = now.banner;
    var fresh = holder.querySelector("[data-sms]");
    if (fresh && isDismissed(fresh)) fresh = null;
    if ((old && old.dataset.sms) === (fresh && fresh.dataset.sms)) return;
    banner.replaceChildren.apply(banner, fresh ? [fresh] : []);
    if (fresh) arrived(fresh);
  }
  // News goes by itself, a code when it was copied or could have been typed.
  function arrived(sms) { dismissSoon(sms, sms.querySelector(".code") ? 25000 : 6000); }
  function dismissSoon(sms, wait) { setTimeout(function () { dismiss(sms); }, wait); }
  function dismiss(sms) { sessionStorage.setItem("sms " + sms.dataset.sms, "seen"); sms.remove(); }
  function isDismissed(sms) { return sessionStorage.getItem("sms " + sms.dataset.sms); }
  var waiting = banner.querySelector("[data-sms]");
  if (waiting && isDismissed(waiting)) waiting.remove(); else if (waiting) arrived(waiting);
  setInterval(poll, 1500);
  d.addEventListener("visibilitychange", poll);

  function post(form, button) {
    var data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    setTimeout(poll, 150);
    return fetch(form.action, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } })
      .then(function (a) { return a.json(); }).then(function (said) { poll(); return said; });
  }
  phone.addEventListener("submit", function (e) {
    var form = e.target, button = e.submitter;
    if (!form.matches("[data-say],[data-tap]")) return;
    e.preventDefault();
    all("details[open]", phone).forEach(function (x) { x.open = false; });
    if (form.matches("[data-say]") && !form.text.value.trim()) return;
    var address = button && button.dataset.open;
    if (address) open(address);
    post(form, button).then(function (said) { if (said.open && !address) open(said.open); }, function () { window.sandbox.say("没有送出去，请再试"); });
    if (form.matches("[data-say]")) form.reset();
  });
  all("[data-pop]").forEach(function (one) {
    one.addEventListener("toggle", function () {
      if (one.open) all("[data-pop][open]").forEach(function (x) { if (x !== one) x.open = false; });
    });
  });
  d.addEventListener("click", function (e) {
    all("[data-pop][open]").forEach(function (x) { if (!x.contains(e.target)) x.open = false; });
  });

  // -- the browser: how deep we are in it is counted, because its pages are another origin's
  var base = 0, depth = 0, top = 0, isGoingBack = false;
  function open(url) {
    if (url.indexOf(set.public + "/") !== 0) return window.sandbox.say("这个链接不在产品里");
    load(set.url + "/open?url=" + encodeURIComponent(url));
    outside.href = url;
  }
  function load(address) {
    var frame = d.createElement("iframe");
    frame.title = "微信内的网页"; frame.src = address;
    title.textContent = "正在打开…";
    page.replaceChildren(frame); watch(frame);
    browser.hidden = false;
  }
  function watch(frame) {
    base = history.length; depth = top = 0;
    var isFirst = true;
    frame.addEventListener("load", function () {
      if (title.textContent === "正在打开…") title.textContent = set.account;
      if (isFirst) { isFirst = false; return; }
      if (isGoingBack) { isGoingBack = false; return; }
      var now = history.length - base;
      if (now !== top) top = depth = now; else if (depth < top) top = ++depth;
    });
  }
  function close() { page.replaceChildren(); browser.hidden = true; history.replaceState(null, "", "/phone"); poll(); }
  addEventListener("message", function (e) {
    if (e.data && e.data.sandbox === "close") return close();
    if (e.origin === set.public && e.data && typeof e.data.title === "string") title.textContent = e.data.title || set.account;
  });
  phone.addEventListener("click", function (e) {
    var to = e.target.closest("a[data-open]"), part = function (what) { return e.target.closest(what); };
    if (to) { e.preventDefault(); open(to.dataset.open); }
    if (part("[data-close]")) { e.preventDefault(); close(); }
    if (part("[data-again]")) { load(page.firstChild.src); part("details").open = false; }
    if (part("[data-back]")) { if (depth > 0) { depth--; isGoingBack = true; history.back(); } else close(); }
    if (part("[data-dismiss]")) dismiss(part("[data-sms]"));
    if (part("#banner .code")) dismissSoon(part("[data-sms]"), 4000);
  });
  if (page.firstChild) watch(page.firstChild);

  // -- another person: what was open opens for them, signed in afresh
  all("a[data-person]").forEach(function (a) {
    a.addEventListener("click", function () {
      if (!browser.hidden) a.href += "&open=" + encodeURIComponent(set.public + "/wechat/oauth?next=/h5/");
    });
  });
  if (matchMedia("(max-width:760px)").matches) all("[data-fold]").forEach(function (x) { x.open = false; });
})();
