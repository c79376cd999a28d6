// In place of worker.ts: a process that ends at once.
process.exit(4);
