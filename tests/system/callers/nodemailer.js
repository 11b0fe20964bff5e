// Nodemailer by sendmail and by SMTP.
'use strict';

const fs = require('fs');
const nodemailer = require(`${process.env.MODULES}/nodemailer`);

const to = process.env.TO.split(' ');
const read = (name) => fs.readFileSync(`${process.env.TEXTS}/${name}`, 'utf8');

(async () => {
  for (const way of [{ sendmail: true }, { host: '127.0.0.1', port: process.env.PORT, ignoreTLS: true }]) {
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
