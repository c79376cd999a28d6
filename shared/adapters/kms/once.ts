/** Does work when it is first asked for, and then keeps what came of it; a failure is not kept. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    if (done === undefined) {
      done = work();
      done.catch(() => {
        done = undefined;
      });
    }
    return done;
  };
}
