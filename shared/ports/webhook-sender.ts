export interface WebhookRequest {
  /** As `checkTarget` returned it. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** The exact text that was signed. */
  body: string;
}

/** How the target answered, whatever the status. What it said beyond that is not kept. */
export interface WebhookAnswer {
  status: number;
  /** Where the target asked for a pause (RFC 9110 section 10.2.3), in seconds; not negative. */
  retryAfterSeconds?: number;
}

/**
 * Sends webhooks to targets that organizations chose, and to no others: nothing inside the network that the service runs
 * in, wherever a name or a redirect leads.
 */
export interface WebhookSender {
  /**
   * Whether a URL may be registered: HTTPS, without user information or fragment, at most 2,048 characters, and no address
   * that is known to be refused. Where a name leads is seen when something is sent.
   * @returns the URL as it is normalized (WHATWG URL)
   * @throws InputError `invalid-input` of the field `url`
   */
  checkTarget(url: string): string;

  /**
   * Posts once. Redirects are answers like others, and are not followed.
   * @throws WebhookError `webhook-target-refused`: the target has an address that nothing is sent to
   * @throws WebhookError `webhook-failed`: it was not reached, did not answer in time or not in HTTP; it may have taken the
   *   request all the same
   */
  send(request: WebhookRequest): Promise<WebhookAnswer>;
}
