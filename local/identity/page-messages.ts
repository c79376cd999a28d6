/** What pages say went wrong, in our words, by what the library calls it. */

/** By the error's name, as the device page meets it. */
const deviceMessages: Readonly<Record<string, string>> = {
  NoCodeError: 'Type the code that the device shows.',
  NotFoundError: 'There is no such code. Check it, and type it again.',
  ExpiredError: 'This code has run out. Start again on the device, and type the new one.',
  AlreadyUsedError: 'This code was used already. Start again on the device.',
  AbortedError: 'You stopped this. The device was told, and nothing was allowed.',
};

export function deviceMessage(error: Error): string {
  return (
    deviceMessages[error.name] ??
    'This did not work. Type the code again; if it fails again, start anew on the device.'
  );
}

/** By the error's code (RFC 6749 section 4.1.2.1). */
const errorMessages: Readonly<Record<string, string>> = {
  invalid_client: 'The program that sent you here is not known. Check that it is set up for this server.',
  invalid_redirect_uri:
    'The program that sent you here wants the answer at an address that is not on this computer. Nothing was sent there.',
  access_denied: 'You stopped this, and nothing was allowed. You can close this page.',
  server_error: 'Something failed inside the service. Try again; if it fails again, tell the operator.',
};

export function errorMessage(code: string): string {
  return (
    errorMessages[code] ??
    'This sign-in has run out, or was not begun as it should be. Start again from the program.'
  );
}
