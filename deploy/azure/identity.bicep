// The identity, how a Kubernetes service account becomes it, and the container whose blobs are its leases.
targetScope = 'resourceGroup'

param location string
param identityName string
param oidcIssuer string
param serviceAccount string
param leaseAccountName string
param leaseContainerName string

// Built in: Storage Blob Data Contributor.
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
}

resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = if (!empty(oidcIssuer)) {
  parent: identity
  name: 'kubernetes'
  properties: {
    issuer: oidcIssuer
    subject: serviceAccount
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

resource leaseAccount 'Microsoft.Storage/storageAccounts@2023-05-01' = if (!empty(leaseAccountName)) {
  name: empty(leaseAccountName) ? 'none' : leaseAccountName
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource leaseBlobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = if (!empty(leaseAccountName)) {
  parent: leaseAccount
  name: 'default'
}

resource leaseContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = if (!empty(leaseAccountName)) {
  parent: leaseBlobs
  name: leaseContainerName
  properties: {
    publicAccess: 'None'
  }
}

resource leaseAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(leaseAccountName)) {
  name: guid(resourceGroup().id, identityName, leaseAccountName, leaseContainerName)
  scope: leaseContainer
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}

output principalId string = identity.properties.principalId
output clientId string = identity.properties.clientId
