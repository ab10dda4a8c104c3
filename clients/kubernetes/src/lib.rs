//! What evenkeel needs of the Kubernetes API, on kube and k8s-openapi.
