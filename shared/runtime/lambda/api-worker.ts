import { newId } from '#crypto/identifiers.ts';
import { asEscrowError, type EscrowError, InternalError } from '#domain/errors.ts';
import { everyAnswer } from '../http/answer.ts';
import type { ApiRequest, ApiResponse } from '../http/api-request.ts';
import { problemResponse } from '../http/problem.ts';
import { givenRequestId } from '../http/read-request.ts';
import type { Logger } from '../log.ts';
import { type ApiResult, requestOfEvent, resultOf } from './api-event.ts';
import { type Gathering, gatherStream, usualGathering } from './gather-stream.ts';
import { type Invocation, timeIsUp, timeLimit, whileTimeLasts } from './invocation.ts';

/** What answers a request. It never throws. */
export interface Answering {
  handle(request: ApiRequest): Promise<ApiResponse>;
}

export interface ApiWorkerParts {
  /** Opens what answers, or gives what was opened. */
  opened(): Promise<Answering>;
  log: Logger;
  gathering?: Gathering;
}

/** Kept of a function's time for an answer that says that the time was up, in milliseconds. */
const reserve = 1_500;
/** Kept beyond that for the end of a stream: it is an answer yet. */
const reserveOfStream = 1_000;

/**
 * Answers one request of API Gateway within the function's time, and always: what is late, cannot be opened or is no request is
 * told by a problem document too, and not by an answer of API Gateway's own.
 */
export async function answerEvent(
  event: unknown,
  invocation: Invocation,
  parts: ApiWorkerParts,
): Promise<ApiResult> {
  const time = timeLimit(invocation, reserve);
  // Ends the stream of an answer that is gathered.
  const end = new AbortController();
  const told = { requestId: newId('req'), method: '' };
  try {
    const request = requestOfEvent(event, AbortSignal.any([time.signal, end.signal]));
    told.requestId = givenRequestId(request) ?? told.requestId;
    told.method = request.method;
    const { gathering = usualGathering } = parts;
    const inAll = Math.max(0, Math.min(gathering.inAll, time.left() - reserveOfStream));
    const result = await whileTimeLasts(time.signal, () =>
      answer(named(request, told.requestId), end, { ...parts, gathering: { ...gathering, inAll } }),
    );
    if (result === timeIsUp) throw new InternalError('timed-out');
    return result;
  } catch (thrown) {
    const error = asEscrowError(thrown);
    const { status, headers, body } = problemResponse(error, told.requestId);
    parts.log.warn('request', { ...told, status }, error);
    return resultOf({ status, headers: finished(headers, told.requestId) }, wholeOf(body));
  } finally {
    time.release();
    end.abort();
  }
}

/** The same request under the one name that all who tell of it use. */
function named(request: ApiRequest, requestId: string): ApiRequest {
  return { ...request, header: (name) => (name === 'x-request-id' ? requestId : request.header(name)) };
}

function finished(headers: ApiResponse['headers'], requestId: string): ApiResponse['headers'] {
  return { ...everyAnswer, ...headers, 'x-request-id': requestId };
}

async function answer(
  request: ApiRequest,
  end: AbortController,
  { opened, log, gathering }: Required<ApiWorkerParts>,
): Promise<ApiResult> {
  const api = await opened().catch((error: unknown) => {
    log.error('not-opened', {}, error);
    throw told(asEscrowError(error));
  });
  const { body, ...response } = await api.handle(request);
  if (request.method === 'HEAD') return resultOf(response, wholeOf(undefined));
  if (body === undefined || body instanceof Uint8Array) return resultOf(response, wholeOf(body));
  return resultOf(response, new TextEncoder().encode(await gatherStream(body, end, gathering)));
}

/** What may pass is told as it is; what the operator must mend is nothing to the caller. */
function told(error: EscrowError): EscrowError {
  return error.retryable ? error : new InternalError('internal', { cause: error });
}

function wholeOf(body: ApiResponse['body']): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}
