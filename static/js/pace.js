/**
 * Calls `render` once for many changes: with the next frame, or soon in a hidden tab, where no frames come. `due()`
 * of what it gives tells whether one is still to come.
 */
export function paced(render) {
  let waiting = false;
  const soon = () => {
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
  soon.due = () => waiting;
  return soon;
}
