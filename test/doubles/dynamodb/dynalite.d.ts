declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** As its readme has it; only what is used here. */
  export default function dynalite(options?: { createTableMs?: number; deleteTableMs?: number }): Server;
}
