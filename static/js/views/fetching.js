/** One direction in which more is fetched: whether it is on its way, and whether it failed. */
export class Fetching {
  #request = null;

  failed = false;

  get busy() {
    return this.#request !== null;
  }

  startOver() {
    this.#request = null;
    this.failed = false;
  }

  /** Waits for `request`, then calls `done()`: unless one has started over by then. */
  async wait(request, done) {
    this.#request = request;
    this.failed = false;
    const failed = await request.then(() => false, () => true);
    if (request !== this.#request) return;
    this.#request = null;
    this.failed = failed;
    done();
  }
}
