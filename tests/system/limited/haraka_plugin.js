// Haraka's own way to set limits: three messages a connection, two recipients a transaction. FILE in the environment gets
// the recipients of what was taken, one a line.
'use strict';

const fs = require('fs');

exports.register = function () {
  this.register_hook('mail', 'few_messages');
  this.register_hook('rcpt', 'few_recipients');
  this.register_hook('queue', 'keep');
};

exports.few_messages = function (next, connection) {
  if (connection.tran_count > 3) return next(DENY, '5.7.0 too many messages in this session');
  next();
};

exports.few_recipients = function (next, connection) {
  if (connection.transaction.rcpt_to.length > 2) return next(DENY, '5.5.3 too many recipients');
  next(OK);
};

exports.keep = function (next, connection) {
  fs.appendFileSync(process.env.FILE, connection.transaction.rcpt_to.map((one) => one.address() + '\n').join(''));
  next(OK);
};
