// Comfort only: every page works without this file.
(function () {
  "use strict";
  // A filter that is chosen is applied at once.
  document.addEventListener("change", function (event) {
    var form = event.target.closest("form.filters");
    if (form && event.target.tagName === "SELECT") {
      form.requestSubmit();
    }
  });
  // A form that was sent is not sent twice.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
    }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
  // A digit rates where the keyboard is, and goes on to the next question.
  document.addEventListener("keydown", function (event) {
    var scale = event.target.closest(".scale");
    var point = scale && !event.ctrlKey && !event.metaKey && !event.altKey && scale.querySelector('input[value="' + Number(event.key) + '"]');
    if (point) {
      event.preventDefault();
      point.checked = true;
      var next = scale.nextElementSibling;
      (next && next.querySelector("input, textarea") || point).focus();
    }
  });
  // What opens over the page closes by a click elsewhere and by Escape.
  function closeMenus(except) {
    document.querySelectorAll("details.more[open], details.confirm[open]").forEach(function (each) {
      if (each !== except) {
        each.removeAttribute("open");
      }
    });
  }
  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details.more, details.confirm"));
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      closeMenus(null);
    }
  });
})();
