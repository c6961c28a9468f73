// What a test leaves behind is cleared away in the reverse order of its making,
// as a folder goes after the process that writes to it. node's own t.after keeps
// the order, and stops at the first error.

const steps = new WeakMap(); // by test

// cleanUp calls step when t has ended; a step may fail, and the others still run.
export function cleanUp(t, step) {
  if (steps.has(t)) {
    steps.get(t).push(step);
    return;
  }
  steps.set(t, [step]);
  t.after(async () => {
    const errors = [];
    for (const step of steps.get(t).reverse()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  });
}
