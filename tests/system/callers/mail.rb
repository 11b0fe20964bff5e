# Ruby's mail by sendmail and by SMTP.
require 'mail'

to = ENV['TO'].split
[[:sendmail, {}], [:smtp, {address: '127.0.0.1', port: ENV['PORT'].to_i, enable_starttls_auto: false}]].each do |way, options|
  %w[umlauts long html].each do |name|
    text = File.read("#{ENV['TEXTS']}/#{name}", encoding: 'utf-8')
    mail = Mail.new(from: 'Jörg Müller <web@example.org>', to: "Gerät <#{to.shift}>", subject: ENV['SUBJECT'], charset: 'utf-8')
    if name == 'html'
      mail.text_part = Mail::Part.new { body 'nur Text für alle'; content_type 'text/plain; charset=utf-8' }
      mail.html_part = Mail::Part.new { body text; content_type 'text/html; charset=utf-8' }
      mail.add_file("#{ENV['TEXTS']}/Gerät.txt")
    else
      mail.body = text
    end
    mail.delivery_method(way, options)
    mail.deliver!
  end
end
