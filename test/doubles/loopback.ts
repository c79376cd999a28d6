import { once } from 'node:events';
import type { Server } from 'node:http';

/** Where a server listens on this machine. */
export interface Loopback {
  /** As in `http://127.0.0.1:40001`. */
  endpoint: string;
  /** Ends it, whatever it is still asked. */
  close(): Promise<void>;
}

/**
 * Has a server listen on loopback.
 * @param port 0 for any that is free
 */
export async function onLoopback(server: Server, port = 0): Promise<Loopback> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { endpoint: `http://127.0.0.1:${address.port}`, close };
}
