import { type HandshakeFacts, type HandshakeTask, proveByHandshake } from './handshake.ts';
import { type Pkcs12KdfTask, pkcs12KdfSync } from './pkcs12-kdf.ts';
import { type UseKeyTask, useKey } from './use-key.ts';

/** What a worker can be asked for, by name. */
export interface Tasks {
  'pkcs12-kdf': { input: Pkcs12KdfTask; output: Uint8Array<ArrayBuffer> };
  prove: { input: HandshakeTask; output: HandshakeFacts };
  'use-key': { input: UseKeyTask; output: string };
}

export type TaskName = keyof Tasks;

/** A task as it travels to the worker. */
export type TaskRequest = { [N in TaskName]: { name: N; input: Tasks[N]['input'] } }[TaskName];

/** What the worker answers. A failure travels as its message: errors of the cryptographic library hold no secrets. */
export type TaskReply<N extends TaskName = TaskName> =
  | { ok: true; output: Tasks[N]['output'] }
  | { ok: false; message: string };

/** Does a task, on the calling thread. */
export function doTask(request: TaskRequest): Promise<Tasks[TaskName]['output']> | Tasks[TaskName]['output'] {
  switch (request.name) {
    case 'pkcs12-kdf':
      return pkcs12KdfSync(request.input);
    case 'prove':
      return proveByHandshake(request.input);
    case 'use-key':
      return useKey(request.input);
  }
}
