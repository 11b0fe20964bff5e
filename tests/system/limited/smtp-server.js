// smtp-server.js MODULES PORT FILE: two clients at a time. FILE gets the recipients of what was taken, one a line.
'use strict';

const fs = require('fs');
const [modules, port, file] = process.argv.slice(2);
const { SMTPServer } = require(`${modules}/smtp-server`);

new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  maxClients: 2,
  onData(stream, session, done) {
    stream.resume();
    stream.on('end', () => {
      fs.appendFileSync(file, session.envelope.rcptTo.map((one) => one.address + '\n').join(''));
      done();
    });
  },
}).listen(Number(port), '127.0.0.1');
