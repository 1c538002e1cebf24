// What does the real jweixin script look like to a page? A drop-in `wx` that talks to the sandbox.
(function () {
  "use strict";
  var base = document.currentScript.src.replace(/\/jssdk\.js.*$/, "/jssdk");
  var chosen = {}, counter = 0, state = null, readies = [], errors = [], settings = {};
  var unlisted = ["checkJsApi", "closeWindow"];

  function post(path, body, isForm) {
    return fetch(base + path, {
      method: "POST", credentials: "include", body: isForm ? body : JSON.stringify(body)
    }).then(function (answer) { return answer.json(); });
  }
  function finish(name, options, result) {
    options = options || {};
    var word = result.errMsg.split(":")[1] || "";
    var way = word.indexOf("ok") === 0 ? "success" : word.indexOf("cancel") === 0 ? "cancel" : "fail";
    if (options[way]) options[way](result);
    if (options.complete) options.complete(result);
  }
  function later(name, options, result) { setTimeout(function () { finish(name, options, result); }, 0); }
  function guarded(name, work) {
    return function (options) {
      if (!state || !state.ok) return later(name, options, { errMsg: name + ":fail, the permission value is offline verifying" });
      if (unlisted.indexOf(name) < 0 && (settings.jsApiList || []).indexOf(name) < 0)
        return later(name, options, { errMsg: name + ":fail, no permission" });
      work(options || {});
    };
  }
  function simply(name) { return guarded(name, function (options) { later(name, options, { errMsg: name + ":ok" }); }); }

  var wx = {
    config: function (given) {
      settings = given;
      var query = {
        appId: given.appId, timestamp: String(given.timestamp), nonceStr: given.nonceStr,
        signature: given.signature, url: location.href.split("#")[0]
      };
      post("/check", query).catch(function () { return { errMsg: "config:fail,network" }; }).then(function (answer) {
        state = { ok: answer.errMsg === "config:ok", errMsg: answer.errMsg };
        if (given.debug) alert(answer.errMsg);
        if (state.ok) readies.splice(0).forEach(function (f) { f(); });
        else errors.splice(0).forEach(function (f) { f({ errMsg: answer.errMsg }); });
      });
    },
    ready: function (f) { state && state.ok ? f() : readies.push(f); },
    error: function (f) { state && !state.ok ? f({ errMsg: state.errMsg }) : errors.push(f); },
    checkJsApi: function (options) {
      var result = {};
      (options.jsApiList || []).forEach(function (name) { result[name] = typeof wx[name] === "function"; });
      later("checkJsApi", options, { errMsg: "checkJsApi:ok", checkResult: result });
    },
    chooseImage: guarded("chooseImage", function (options) {
      var input = document.createElement("input");
      input.type = "file"; input.accept = "image/*"; input.hidden = true;
      input.multiple = (options.count || 9) > 1; input.className = "sandbox-wx-choose";
      input.addEventListener("change", function () {
        var ids = Array.prototype.slice.call(input.files, 0, options.count || 9).map(function (file) {
          var id = "wxLocalResource://sandbox" + (++counter); chosen[id] = file; return id;
        });
        input.remove();
        finish("chooseImage", options, ids.length
          ? { errMsg: "chooseImage:ok", localIds: ids, sourceType: "album" } : { errMsg: "chooseImage:cancel" });
      });
      document.body.appendChild(input); input.click();
    }),
    uploadImage: guarded("uploadImage", function (options) {
      var file = chosen[options.localId];
      if (!file) return later("uploadImage", options, { errMsg: "uploadImage:fail invalid localId" });
      var form = new FormData(); form.append("media", file, file.name || "image.jpg");
      post("/upload", form, true).then(
        function (answer) { finish("uploadImage", options, answer); },
        function () { finish("uploadImage", options, { errMsg: "uploadImage:fail network" }); });
    }),
    getLocalImgData: guarded("getLocalImgData", function (options) {
      var reader = new FileReader();
      reader.onload = function () { finish("getLocalImgData", options, { errMsg: "getLocalImgData:ok", localData: reader.result }); };
      chosen[options.localId] ? reader.readAsDataURL(chosen[options.localId])
        : later("getLocalImgData", options, { errMsg: "getLocalImgData:fail invalid localId" });
    }),
    previewImage: guarded("previewImage", function (options) {
      window.open(options.current, "_blank"); later("previewImage", options, { errMsg: "previewImage:ok" });
    }),
    scanQRCode: guarded("scanQRCode", function (options) {
      var text = prompt("扫一扫：请输入二维码内容");
      later("scanQRCode", options, text === null ? { errMsg: "scanQRCode:cancel" } : { errMsg: "scanQRCode:ok", resultStr: text });
    }),
    closeWindow: function () { parent !== window ? parent.postMessage({ sandbox: "close" }, "*") : window.close(); }
  };
  ["hideMenuItems", "showMenuItems", "hideAllNonBaseMenuItem", "showAllNonBaseMenuItem", "hideOptionMenu", "showOptionMenu",
    "updateAppMessageShareData", "updateTimelineShareData", "onMenuShareAppMessage", "onMenuShareTimeline", "getNetworkType",
    "openLocation", "getLocation"].forEach(function (name) { wx[name] = simply(name); });

  if (window.customElements && !customElements.get("wx-open-subscribe")) {
    customElements.define("wx-open-subscribe", class extends HTMLElement {
      connectedCallback() {
        setTimeout(() => {
          var source = this.querySelector("template, script[type='text/wxtag-template']");
          var view = document.createElement("div");
          view.innerHTML = source ? source.innerHTML : "<button type='button'>订阅通知</button>";
          this.appendChild(view);
          view.addEventListener("click", () => this.ask());
        }, 0);
      }
      ask() {
        var ids = (this.getAttribute("template") || "").split(",").filter(Boolean);
        if (!ids.length || ids.length > 5)
          return this.tell("error", { errMsg: "subscribe:fail", errCode: "10002" });
        var answer = confirm("是否允许公众号发送 " + ids.length + " 条通知？") ? "accept" : "reject";
        var answers = {}; ids.forEach(function (id) { answers[id] = answer; });
        post("/subscribe", { answers: answers }).then((result) => {
          if (result.errMsg !== "subscribe:ok") return this.tell("error", { errMsg: result.errMsg, errCode: "10001" });
          var details = {};
          Object.keys(result.subscribeDetails).forEach(function (id) { details[id] = JSON.stringify(result.subscribeDetails[id]); });
          this.tell("success", { errMsg: "subscribe:ok", subscribeDetails: JSON.stringify(details) });
        }, () => this.tell("error", { errMsg: "subscribe:fail network", errCode: "10001" }));
      }
      tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail: detail })); }
    });
  }
  window.wx = window.jWeixin = wx;
})();
