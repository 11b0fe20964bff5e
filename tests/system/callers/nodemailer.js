// Nodemailer by sendmail and by SMTP, each in two modes.
'use strict';

const fs = require('fs');
const nodemailer = require(`${process.env.MODULES}/nodemailer`);

const to = process.env.TO.split(' ');
const read = (name) => fs.readFileSync(`${process.env.TEXTS}/${name}`, 'utf8');
const smtp = { host: '127.0.0.1', port: process.env.PORT, ignoreTLS: true };
const ways = [{ sendmail: true }, { sendmail: true, newline: 'windows', path: '/usr/lib/sendmail' }, smtp, { ...smtp, pool: true }];

(async () => {
  for (const way of ways) {
    const transport = nodemailer.createTransport(way);
    for (const name of ['umlauts', 'long', 'html']) {
      const mail = { from: 'Jörg Müller <web@example.org>', to: { name: 'Gerät, das', address: to.shift() }, subject: process.env.SUBJECT };
      if (name === 'html') {
        Object.assign(mail, { text: 'nur Text für alle', html: read(name), attachments: [{ path: `${process.env.TEXTS}/Gerät.txt` }] });
      } else {
        mail.text = read(name);
      }
      await transport.sendMail(mail);
    }
    transport.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
