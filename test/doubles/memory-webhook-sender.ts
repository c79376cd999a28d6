import { WebhookTargets } from '#adapters/webhooks/targets.ts';
import type { WebhookAnswer, WebhookRequest, WebhookSender } from '#ports/webhook-sender.ts';

/** Takes what is sent, and answers as it is told to. */
export class MemoryWebhookSender implements WebhookSender {
  readonly sent: WebhookRequest[] = [];
  readonly #targets = new WebhookTargets([]);
  /** Answers or throws in place of the target. */
  answer: (request: WebhookRequest) => WebhookAnswer = () => ({ status: 204 });

  checkTarget(url: string): string {
    return this.#targets.check(url);
  }

  async send(request: WebhookRequest): Promise<WebhookAnswer> {
    this.sent.push(structuredClone(request));
    return this.answer(request);
  }
}
