module github.com/gatehouse-go/gatehouse/examples

go 1.26

require github.com/gatehouse-go/gatehouse v0.0.0

require (
	github.com/boombuler/barcode v1.1.0 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/pquerna/otp v1.5.0 // indirect
)

replace github.com/gatehouse-go/gatehouse => ..
