// In place of worker.ts: a process that never answers.
process.on('message', () => undefined);
process.on('disconnect', () => process.exit());
