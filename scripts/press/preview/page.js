// Loads the page again once a newer build than the one it shows is there.
(() => {
  const { epoch } = document.currentScript.dataset;
  const visit = Date.now();
  let poll = null;

  const ask = async () => {
    while (poll && !poll.signal.aborted) {
      try {
        const { signal } = poll;
        const reply = await fetch(`/livereload/${epoch}/${visit}`, { signal });
        if (Number(await reply.text()) > Number(epoch)) {
          location.reload();
          return;
        }
      } catch {
        // The preview is gone or the tab hidden: ask less often until it is back.
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
  };

  const listen = () => {
    poll?.abort();
    poll = document.visibilityState === "visible" ? new AbortController() : null;
    ask();
  };

  document.addEventListener("visibilitychange", listen);
  addEventListener("beforeunload", () => poll?.abort());
  listen();
})();
