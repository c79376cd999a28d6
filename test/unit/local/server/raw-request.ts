import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection that bytes are written to as they stand, and all that came back. */
export interface RawConnection {
  socket: Socket;
  received(): string;
  /** Waits until the server has ended it. */
  ended: Promise<void>;
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (more: string) => (text += more));
  // A connection that the server cuts off ends in an error or not, as the system likes: `once` would reject on it.
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return { socket, received: () => text, ended };
}

/** Sends bytes as they stand. @returns what came back until the server ended the connection */
export async function rawExchange(port: number, sent: string): Promise<string> {
  const { socket, received, ended } = await rawConnection(port);
  socket.write(sent, 'latin1');
  await ended;
  return received();
}
