"""OpenFRS: a self-hosted face recognition service that speaks Huawei Cloud FRS v2."""
