module github.com/gatehouse-go/gatehouse/internal/integration

go 1.26

require github.com/gatehouse-go/gatehouse v0.0.0

replace github.com/gatehouse-go/gatehouse => ../..
