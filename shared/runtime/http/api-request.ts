/** A request over HTTP, whoever took it in: a socket on this machine, or API Gateway. */
export interface ApiRequest {
  method: string;
  /** As it stood in the request, percent-encoded, without the query. */
  path: string;
  query: URLSearchParams;
  /** One header's value, by its name in lower case. */
  header(name: string): string | undefined;
  /** Tells callers apart that have not said who they are. */
  clientAddress: string;
  /**
   * The whole body.
   * @throws InputError `body-too-large` as soon as it is known to be longer than `largest` bytes
   */
  body(largest: number): Promise<Uint8Array>;
  /** Ends when the caller has gone, or the service is stopping. */
  signal: AbortSignal;
}

export interface ApiResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Text of a stream comes piece by piece; nothing where the answer has no body. */
  body: Uint8Array | AsyncIterable<string> | undefined;
}
