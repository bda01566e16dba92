(function () {
  var leave = document.getElementById("leave"), count = 0, timer;
  var soon = document.getElementById("soon");
  if (soon) setTimeout(function () { soon.hidden = false; }, soon.dataset.after * 1000);
  if (!leave) return;
  function hide() { document.documentElement.className += " gone"; }
  function go(event) { if (event) event.preventDefault(); hide(); location.replace(leave.href); }
  document.addEventListener("click", function (event) { if (event.target.closest("[data-leave]")) go(event); });
  document.addEventListener("keyup", function (event) {
    if (event.key !== "Shift") { count = 0; return; }
    clearTimeout(timer);
    timer = setTimeout(function () { count = 0; }, 5000);
    if (++count > 2) go();
  }, true);
  addEventListener("pageshow", function (event) { if (event.persisted) { hide(); location.reload(); } });
})();
