/** Calls `render` once for many changes: with the next frame, or soon in a hidden tab, where no frames come. */
export function paced(render) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    let frame = 0;
    let timer = 0;
    const run = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      waiting = false;
      render();
    };
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, 100);
  };
}
