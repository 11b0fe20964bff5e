# Ruby's Net::SMTP with a text as it is.
require 'net/smtp'

to = ENV['TO'].split
%w[umlauts long].each do |name|
  text = File.read("#{ENV['TEXTS']}/#{name}", encoding: 'utf-8')
  Net::SMTP.start('127.0.0.1', ENV['PORT'].to_i, starttls: false) do |smtp|
    smtp.send_message("From: Jörg Müller <a@example.org>\nTo: Gerät <#{to[0]}>\nSubject: #{ENV['SUBJECT']}\n\n#{text}", 'a@example.org', to.shift)
  end
end
