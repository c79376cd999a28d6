import { createServer } from 'node:http';

// What node:http does at the least: the same number of bytes, from memory, to everybody. Arguments: port, bytes.
const [port, bytes] = process.argv.slice(2).map(Number);
const body = Buffer.alloc(bytes ?? 0, 'x');
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}).listen(port, '127.0.0.1');
