// Go's net/smtp with a text as it is, and with what its users write by hand.
package main

import (
	"fmt"
	"net/smtp"
	"os"
	"strings"
)

func main() {
	to := strings.Fields(os.Getenv("TO"))
	for i, name := range []string{"umlauts", "long"} {
		text, err := os.ReadFile(os.Getenv("TEXTS") + "/" + name)
		if err == nil {
			head := "From: Jörg Müller <web@example.org>\r\nTo: Gerät <%s>\r\nSubject: %s\r\n\r\n"
			mail := fmt.Sprintf(head, to[i], os.Getenv("SUBJECT")) + strings.ReplaceAll(string(text), "\n", "\r\n")
			err = smtp.SendMail("127.0.0.1:"+os.Getenv("PORT"), nil, "web@example.org", to[i:i+1], []byte(mail))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
